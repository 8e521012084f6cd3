"""Table 26 and section 4.1, regressed directly on what the twin made."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from rctspark.twin.www.people import make_people
from rctspark.twin.www.work import LAST_OUTCOME, make_work, minimum_wages, month_places

SEED = 20180504
ARMS = ("control", "zia", "hia", "wl")
TABLE = "table_26_outcomes_month_16_control_and_reference"
MINIMUM_WAGE_CENTS = int(minimum_wages()[LAST_OUTCOME])
THRESHOLDS = {
    "wage_gt_100pct_minimum_wage": ("cents", MINIMUM_WAGE_CENTS),
    "wage_gt_70pct_minimum_wage": ("cents", 0.7 * MINIMUM_WAGE_CENTS),
    "wage_gt_50pct_minimum_wage": ("cents", 0.5 * MINIMUM_WAGE_CENTS),
    "hours_gt_32_per_week": ("hours", 136_00),
    "hours_gt_27_per_week": ("hours", 114_75),
    "hours_gt_12_per_week": ("hours", 51_00),
    "hours_gt_8_per_week": ("hours", 34_00),
}
CONTRACTS = {
    "contract": (2, 3),
    "contract_permanent": (3,),
    "contract_temporary": (2,),
}


@pytest.fixture(scope="module")
def persons():
    """The 752 and the 198: covariates before the start, outcomes in month 16."""
    people = make_people(SEED, 0)
    work = make_work(SEED, 0, people)
    who = np.flatnonzero(people.is_study | people.is_reference)
    born, begun = (pd.to_datetime(d[who]) for d in (people.birth, people.benefit_start))
    months = (2018 - begun.year) * 12 + 6 - begun.month - (begun.day > 1)
    invited = month_places(people.invited[who])
    table = pd.DataFrame(
        {
            "arm": people.arm[who],
            **{name: values[who] for name, values in people.traits.items()},
            "age": 2018
            - born.year
            - ((born.month > 6) | (born.month == 6) & (born.day > 1)),
            "benefit_months": months,
            "wage_24m_eur": [
                work.cents[p, m - 24 : m].sum() / 100
                for p, m in zip(who, invited, strict=True)
            ],
        }
    )
    for outcome, (what, limit) in THRESHOLDS.items():
        table[outcome] = getattr(work, what)[who, LAST_OUTCOME] > limit
    for outcome, kinds in CONTRACTS.items():
        table[outcome] = np.isin(work.contract[who, LAST_OUTCOME], kinds)
    return table


def dummies(table, name):
    return pd.get_dummies(table[name], prefix=name, drop_first=True)


def fitted(table, outcome, *others):
    """Least squares with robust errors (HC1) on arms and covariates."""
    arms = {name: table["arm"] == k for k, name in enumerate(ARMS)}
    if (table["arm"] >= 0).all():
        del arms["control"]
    subjects = ("sex", "education", "background", "norm", *others)
    design = pd.concat(
        [
            pd.DataFrame(arms),
            *(dummies(table, name) for name in subjects),
            table[["age", "benefit_months", "wage_24m_eur"]],
        ],
        axis=1,
    ).astype(float)
    model = sm.OLS(table[outcome].astype(float), sm.add_constant(design))
    return model.fit(cov_type="HC1", use_t=True)


def printed(root, table):
    path = root / "conf" / "published" / "www" / f"{table}.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def unlike(found, row):
    """Columns of a row that the numbers found don't round to."""
    return {
        name
        for name, value in found.items()
        if row[name]
        and abs(value - float(row[name])) > 0.5 * 10 ** -len(row[name].split(".")[1])
    }


def table_26(persons, root):
    wrong = []
    for row in printed(root, TABLE):
        fit = fitted(persons, row["outcome"], "arrangement")
        found = {
            "adjusted_difference": fit.params["control"],
            "robust_se": fit.bse["control"],
            "p_value": fit.pvalues["control"],
        }
        assert int(fit.nobs) == int(row["n"])
        wrong += [(row["outcome"], name) for name in unlike(found, row)]
    return wrong


# Of 30 cells; those that the search does not meet along with section 4.1.
MOST_UNLIKE = 10
FREED = {
    "contract_permanent": 0.020,
    "hours_gt_12_per_week": 0.033,
    "contract": 0.038,
}
"""Robust errors when work is dealt without regard to earlier pay."""


def test_most_of_table_26_comes_out_of_its_regression(persons, root):
    wrong = table_26(persons, root)
    assert len(wrong) <= MOST_UNLIKE, wrong


def test_work_follows_what_was_known_before_the_start(persons):
    for outcome, free in FREED.items():
        fit = fitted(persons, outcome, "arrangement")
        assert fit.bse["control"] < 0.95 * free, outcome
