"""Answers to the questionnaires, compared by arm without covariates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rctspark.twin.www.questionnaire_files import questionnaire_sheets
from twin.www.printed import agrees, published

SERVICE = ["DIENST1", "DIENST2", "DIENST3"]
EFFICACY = ["ZELF1", "ZELF2", "ZELF3", "ZELF4"]
OTHERS = ["GEZONDHEID", "LEVEN", "ZINVOL", *SERVICE, "DIENSTCIJFER", "RONDKOMEN"]


ASKED = {
    "health_index": [
        *("GEZONDHEID", "KALM", "GELUKKIG"),
        *("ZENUWACHTIG", "PUT", "SOMBER"),
    ],
    "wellbeing_index": ["LEVEN", "ZINVOL"],
    "self_efficacy_index": EFFICACY,
    "service_index": SERVICE,
}
TURNED = ["ZENUWACHTIG", "PUT", "SOMBER"]


@pytest.fixture(scope="module")
def sheets(world):
    """Answers of everyone by wave, each person once."""
    found = zip((0, 8, 16), questionnaire_sheets(world), strict=True)
    return {
        wave: sheet.table.to_pandas().drop_duplicates("RINPERSOON")
        for wave, sheet in found
    }


@pytest.fixture(scope="module")
def waves(world, sheets):
    """Answers of the 752 by wave, each person once, with their arm."""
    people = world.people
    arm = {
        f"{number:09d}": place
        for number, place in zip(
            people.number[people.is_study], people.arm[people.is_study], strict=True
        )
    }
    found = {}
    of_indices = [name for asked in ASKED.values() for name in asked]
    columns = dict.fromkeys([*of_indices, *OTHERS, "ZOEKTUREN"])
    for wave, answers in sheets.items():
        numbers = answers[[*columns]].apply(pd.to_numeric, errors="coerce")
        numbers["arm"] = answers["RINPERSOON"].map(arm)
        found[wave] = numbers.dropna(subset="arm")
    return found


def t_value(answers, questions, arm):
    """t of an arm against control, of the mean of the questions."""
    mean = answers[questions].mean(axis=1, skipna=False)
    values = [mean[answers["arm"] == a].dropna() for a in (arm, 0)]
    return stats.ttest_ind(*values, equal_var=False).statistic


@pytest.mark.parametrize(
    ("wave", "questions", "arm"),
    [
        (8, SERVICE, 2),
        (8, ["ZOEKTUREN"], 2),
        (8, ["GEZONDHEID"], 2),
        (16, EFFICACY, 1),
        (16, EFFICACY, 2),
    ],
)
def test_arms_answer_higher_where_the_report_says_so(waves, wave, questions, arm):
    assert t_value(waves[wave], questions, arm) > 1.65


def test_no_arm_answers_otherwise_in_the_last_wave(waves):
    found = [t_value(waves[16], [q], arm) for q in OTHERS for arm in (1, 2, 3)]
    assert np.abs(found).max() < 1.65
    assert np.abs(found).max() > 0.2


def test_nobody_answers_on_or_after_the_day_of_a_withdrawal(world, sheets):
    people = world.people
    gone = pd.Series(
        pd.to_datetime(people.withdrawn), index=[f"{n:09d}" for n in people.number]
    )
    answered = withdrew = 0
    for answers in sheets.values():
        day = pd.to_datetime(answers["DATUM"].to_numpy())
        last = gone[answers["RINPERSOON"]].to_numpy()
        assert not (day.to_numpy() >= last).any()
        answered, withdrew = answered + len(day), withdrew + (~np.isnat(last)).sum()
    assert answered > 1500
    assert withdrew > 50


@pytest.mark.parametrize("wave", [8, 16])
def test_the_questions_of_an_index_agree_as_the_report_says(waves, wave, root):
    rows = published(root, "questionnaire_reliability")
    assert [r["index"] for r in rows] == list(ASKED)
    for r in rows:
        if wave == 16 or r["index"] != "self_efficacy_index":
            answers = waves[wave][ASKED[r["index"]]].dropna()
            turned = answers.columns.intersection(TURNED)
            answers = answers.assign(**{name: 6 - answers[name] for name in turned})
            k = answers.shape[1]
            parts = answers.var().sum() / answers.sum(axis=1).var()
            assert agrees(k / (k - 1) * (1 - parts), r["alpha"]), r["index"]
