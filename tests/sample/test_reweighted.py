"""Effects for the target population, from drawn tables to weighted least squares."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import statsmodels.api as sm

from rctspark.config import Thresholds
from rctspark.errors import EstimationError
from rctspark.estimators.balance.planned_effects import estimate_for_target
from rctspark.sample import collect_samples, make_samples
from rctspark.sample.columns import target_analyses

ENROLLED, OTHERS = 44, 40
AGES = {"young": "1990-01-01", "old": "1950-01-01"}


def trial(rows):
    """Persons by number: sex, age, arm or group, outcome, of whom all are known."""
    found = []
    for i in range(rows):
        is_enrolled = i < ENROLLED
        found.append(
            {
                "person_id": f"p{i:02d}",
                "sex": "female" if i % (3 if is_enrolled else 2) else "male",
                "age": "young" if (i // 2) % (4 if is_enrolled else 3) else "old",
                "arm": ("basic", "intensive")[i % 2],
                "group": None if is_enrolled else ("target", "reference")[i % 5 == 0],
                "exit": (i * 7 % 11 + i % 2 * 3) > 6,
            }
        )
    return found


EVERYONE = trial(ENROLLED + OTHERS)


def drawn(table, columns, rows):
    """A drawing: name of the table, columns, one line per person."""
    lines = [" | ".join(columns), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join([table, *lines])


@pytest.fixture
def people(draw, make_plan):
    """Those analysed and the target, collected through Spark, and the plan."""

    def collected(persons=EVERYONE, **parts):
        plan = make_plan(
            population={
                "origin": "benefit_start",
                "benefits": ["WW"],
                "groups": ["reference", "target"],
            },
            arms={"control": "basic", "treatments": ["intensive"]},
            outcomes=[{"name": "exit", "kind": "exit", "within": [6]}],
            analyses=[{"population": "all", "where": "origin_date < '2013-01-01'"}],
            tables=[
                {
                    "name": "weights",
                    "kind": "weights",
                    "of": "like_target",
                    "columns": {"what": "characteristic", "weighted": "weighted"},
                }
            ],
            reweighted=[
                {
                    "population": "like_target",
                    "of": "all",
                    "margins": ["sex", "age"],
                    "models": ["adjusted", "plain"],
                }
                | parts
            ],
            covariates=[
                {"name": "sex", "value": "sex", "categories": ["male", "female"]},
                {
                    "name": "age",
                    "value": "CASE WHEN age_at_enrolment >= 35 THEN 'old' "
                    "WHEN birth_date > '1980-01-01' THEN 'young' ELSE 'old' END",
                    "categories": ["young", "old"],
                },
                {"name": "wage_before", "value": "sum(wage_eur)", "panel": [-2, -1]},
            ],
            models=[
                {"name": "adjusted", "covariates": ["sex", "wage_before"]},
                {"name": "plain"},
            ],
            inference={"covariance": "HC1", "level": 0.9},
        )
        own = [p for p in persons if p["group"] is None]
        analyses = (*plan.analyses, *target_analyses(plan))
        samples = make_samples(
            plan,
            population=draw(
                drawn(
                    "population",
                    ["person_id", "is_enrolled", "group", "origin_date"],
                    [
                        (
                            p["person_id"],
                            str(p["group"] is None).lower(),
                            p["group"] or p["arm"],
                            "2012-05-10",
                        )
                        for p in persons
                    ],
                )
            ),
            assignment=draw(
                drawn(
                    "assignment",
                    ["person_id", "arm_recorded", "arm", "is_discordant"],
                    [(p["person_id"], p["arm"], p["arm"], "false") for p in own],
                )
            ),
            persons=draw(
                drawn(
                    "persons",
                    ["person_id", "sex", "birth_date", "birth_precision"],
                    [
                        (p["person_id"], p["sex"], AGES[p["age"]], "day")
                        for p in persons
                    ],
                )
            ),
            panel=draw(
                drawn(
                    "person_month",
                    ["person_id", "period_start", "horizon", "wage_eur"],
                    [
                        (p["person_id"], month, at, wage_of(p) / 2)
                        for p in persons
                        for month, at in (("2012-03-01", -2), ("2012-04-01", -1))
                    ],
                )
            ),
            outcomes=draw(
                drawn(
                    "person_outcome",
                    ["person_id", "outcome", "horizon", "value", "is_observed"],
                    [
                        (p["person_id"], "exit", 6, int(p["exit"]), "true")
                        for p in own
                        if not p.get("is_lost")
                    ],
                )
            ),
            analyses=analyses,
        )
        found = collect_samples(
            samples, plan, analyses=analyses, largest_sample_rows=1000
        )
        return plan, *found

    return collected


def wage_of(person):
    return 100 + 10 * (int(person["person_id"][1:]) * 13 % 17)


def estimated(plan, own, target):
    return estimate_for_target(
        own, target, plan, reweighting=plan.reweighted[0], thresholds=Thresholds()
    )


def weights_by_hand(own, target):
    """Fit the margins in turn, person by person."""
    weight = dict.fromkeys((p["person_id"] for p in own), 1.0)
    for _ in range(500):
        for name in ("sex", "age"):
            goal = Counter(p[name] for p in target)
            now = Counter()
            for p in own:
                now[p[name]] += weight[p["person_id"]]
            for p in own:
                share = goal[p[name]] / len(target)
                weight[p["person_id"]] *= share / now[p[name]] * len(own)
    return np.array([weight[p["person_id"]] for p in own])


def test_weighted_effects_are_those_of_weighted_least_squares_by_hand(people):
    effects, _ = estimated(*people())
    own = EVERYONE[:ENROLLED]
    weights = weights_by_hand(own, EVERYONE)
    outcome = np.array([float(p["exit"]) for p in own])
    treated = [float(p["arm"] == "intensive") for p in own]
    wage = [float(wage_of(p)) for p in own]
    female = [float(p["sex"] == "female") for p in own]
    columns = {"adjusted": [treated, female, wage], "plain": [treated]}
    assert [(e.model, e.outcome, e.horizon, e.arm) for e in effects] == [
        ("adjusted", "exit", 6, "intensive"),
        ("plain", "exit", 6, "intensive"),
    ]
    for effect in effects:
        design = sm.add_constant(np.column_stack(columns[effect.model]))
        fit = sm.WLS(outcome, design, weights=weights).fit(cov_type="HC1", use_t=True)
        low, high = fit.conf_int(0.1)[1]
        np.testing.assert_allclose(
            [effect.estimate, effect.std_error, effect.p_value],
            [fit.params[1], fit.bse[1], fit.pvalues[1]],
            rtol=1e-9,
        )
        np.testing.assert_allclose([effect.ci_lower, effect.ci_upper], [low, high])
        assert (effect.rank, effect.df) == (design.shape[1], fit.df_resid)
        assert effect.estimand == "itt, weighted to the target"


def test_margins_are_the_target_s_and_weights_are_told(people):
    _, counts = estimated(*people())
    told = {(c.subject, c.category, c.arm): c for c in counts}
    women = sum(p["sex"] == "female" for p in EVERYONE)
    at = told["sex", "female", "target"]
    assert (at.persons, at.base_persons) == (women, len(EVERYONE))
    reached = told["sex", "female", "weighted"]
    assert reached.total == pytest.approx(women / len(EVERYONE))
    assert reached.base_persons == ENROLLED
    weights = weights_by_hand(EVERYONE[:ENROLLED], EVERYONE)
    by_hand = weights.sum() ** 2 / (weights**2).sum()
    assert told["weights", "effective_n", "all"].total == pytest.approx(by_hand)
    assert told["weights", "largest", "all"].total == pytest.approx(weights.max())
    ten = np.sort(weights)[-10:].mean()
    assert told["weights", "largest_mean", "all"].total == pytest.approx(ten)
    exits = told["exit", "all", "basic"]
    mine = [
        w
        for w, p in zip(weights, EVERYONE, strict=False)
        if p["exit"] and p["arm"] == "basic"
    ]
    assert exits.total == pytest.approx(sum(mine))
    assert exits.largest_share == pytest.approx(max(mine) / sum(mine))


def test_entropy_also_reaches_the_mean_of_a_number(people):
    plan, own, target = people(method="entropy", margins=["sex", "wage_before"])
    _, counts = estimated(plan, own, target)
    told = {(c.subject, c.category, c.arm): c for c in counts}
    wages = [wage_of(p) for p in EVERYONE]
    mean = sum(wages) / len(wages)
    assert told["wage_before", "all", "weighted"].total == pytest.approx(mean)
    there = told["wage_before", "all", "target"]
    assert there.total / there.base_persons == pytest.approx(mean)


def test_a_category_of_the_target_that_nobody_analysed_is_in_is_refused(people):
    persons = [p | {"age": "young"} if p["group"] is None else p | {} for p in EVERYONE]
    old = sum(p["age"] == "old" for p in persons)
    with pytest.raises(
        EstimationError, match=rf"age: nobody analysed is in old, where {old} person"
    ):
        estimated(*people(persons))


def test_an_outcome_that_is_not_known_for_everyone_weighted_is_refused(people):
    persons = [p | {"is_lost": p["person_id"] in {"p03", "p07"}} for p in EVERYONE]
    with pytest.raises(
        EstimationError, match=r"exit at horizon 6 is not known for 2 of the 44 person"
    ):
        estimated(*people(persons))


def test_margins_that_no_weights_reach_together_are_refused_by_name(people):
    # Every woman analysed is young and every man old; in the target it is the other
    # way round for some, so the margins can't both be met.
    persons = [
        p | {"age": "young" if p["sex"] == "female" else "old"}
        if p["group"] is None
        else p | {"age": "old"}
        for p in EVERYONE
    ]
    with pytest.raises(EstimationError, match=r"off in .* of 44 person.s. are and"):
        estimated(*people(persons))
