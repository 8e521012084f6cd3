"""Effects for the target population, from drawn tables to weighted least squares."""

from __future__ import annotations

from collections import Counter

import numpy as np
import statsmodels.api as sm

from rctspark.config import Thresholds
from rctspark.estimators.balance.planned_effects import estimate_for_target
from rctspark.sample import collect_samples, make_samples
from rctspark.sample.columns import target_analyses

ENROLLED, OTHERS = 24, 12
BIRTH = {"young": "1990-01-01", "old": "1950-01-01"}


def person(i):
    """One of those enrolled, or of the others in the target population."""
    is_enrolled = i < ENROLLED
    return {
        "person_id": f"p{i:02d}",
        "sex": "female" if i % (3 if is_enrolled else 2) else "male",
        "age": "young" if (i // 2) % (4 if is_enrolled else 3) else "old",
        "arm": ("basic", "intensive")[i % 2],
        "group": None if is_enrolled else ("target", "reference")[i % 5 == 0],
        "pay": 100 + i * 13 % 17,
        "exit": int((i * 7 % 11 + i % 2 * 3) > 6),
    }


EVERYONE = [person(i) for i in range(ENROLLED + OTHERS)]
OWN = EVERYONE[:ENROLLED]
PLAN = {
    "population": {
        "origin": "2012-05-10",
        "benefits": ["WW"],
        "groups": ["reference", "target"],
    },
    "arms": {"control": "basic", "treatments": ["intensive"]},
    "outcomes": [{"name": "exit", "kind": "exit", "within": [6]}],
    "covariates": [
        {"name": "sex", "value": "sex", "categories": ["male", "female"]},
        {
            "name": "age",
            "value": "if(birth_date > '1980-01-01', 'young', 'old')",
            "categories": ["young", "old"],
        },
        {"name": "pay", "value": "double(traits['pay'])"},
    ],
    "models": [{"name": "adjusted", "covariates": ["sex", "pay"]}, {"name": "plain"}],
    "analyses": [{"population": "all", "where": "origin_date < '2013-01-01'"}],
    "tables": [
        {
            "name": "weights",
            "kind": "weights",
            "of": "like_target",
            "columns": {"what": "characteristic", "weighted": "weighted"},
        }
    ],
    "reweighted": [
        {
            "population": "like_target",
            "of": "all",
            "margins": ["sex", "age"],
            "models": ["adjusted", "plain"],
        }
    ],
    "inference": {"covariance": "HC1", "level": 0.9},
}


def drawn(table, columns, rows):
    """A drawing: name of the table, columns, one line per person."""
    lines = [" | ".join(columns), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join([table, *lines])


def tables():
    """Population, assignment, persons, panel and outcomes, drawn."""
    enrolled = [
        (
            p["person_id"],
            str(p["group"] is None).lower(),
            p["group"] or p["arm"],
            "2012-05-10",
        )
        for p in EVERYONE
    ]
    registered = [
        (p["person_id"], p["sex"], BIRTH[p["age"]], "day", f"{{pay={p['pay']}}}")
        for p in EVERYONE
    ]
    exits = [(p["person_id"], "exit", 6, p["exit"], "true") for p in OWN]
    return {
        "population": drawn(
            "population", ["person_id", "is_enrolled", "group", "origin_date"], enrolled
        ),
        "assignment": drawn(
            "assignment",
            ["person_id", "arm_recorded", "arm", "is_discordant"],
            [(p["person_id"], p["arm"], p["arm"], "false") for p in OWN],
        ),
        "persons": drawn(
            "persons",
            ["person_id", "sex", "birth_date", "birth_precision", "traits"],
            registered,
        ),
        "panel": drawn(
            "person_month",
            ["person_id", "period_start", "horizon"],
            [("p00", "2012-05-01", 0)],
        ),
        "outcomes": drawn(
            "person_outcome",
            ["person_id", "outcome", "horizon", "value", "is_observed"],
            exits,
        ),
    }


def weights_by_hand():
    """Fit the margins in turn, person by person."""
    weight = dict.fromkeys((p["person_id"] for p in OWN), 1.0)
    for _ in range(500):
        for name in ("sex", "age"):
            goal = Counter(p[name] for p in EVERYONE)
            now = Counter()
            for p in OWN:
                now[p[name]] += weight[p["person_id"]]
            for p in OWN:
                share = goal[p[name]] / len(EVERYONE)
                weight[p["person_id"]] *= share / now[p[name]] * len(OWN)
    return np.array([weight[p["person_id"]] for p in OWN])


def test_weighted_effects_are_those_of_weighted_least_squares_by_hand(draw, make_plan):
    plan = make_plan(**PLAN)
    analyses = (*plan.analyses, *target_analyses(plan))
    samples = make_samples(
        plan,
        analyses=analyses,
        **{name: draw(drawing) for name, drawing in tables().items()},
    )
    own, target = collect_samples(
        samples, plan, analyses=analyses, largest_sample_rows=1000
    )
    assert (own.n, target.n) == (ENROLLED, ENROLLED + OTHERS)
    effects, counts = estimate_for_target(
        own, target, plan, reweighting=plan.reweighted[0], thresholds=Thresholds()
    )
    weights = weights_by_hand()
    outcome = np.array([float(p["exit"]) for p in OWN])
    treated = [float(p["arm"] == "intensive") for p in OWN]
    female = [float(p["sex"] == "female") for p in OWN]
    pay = [float(p["pay"]) for p in OWN]
    columns = {"adjusted": [treated, female, pay], "plain": [treated]}
    assert [(e.model, e.outcome, e.horizon, e.arm, e.estimand) for e in effects] == [
        (model, "exit", 6, "intensive", "itt, weighted to the target")
        for model in ("adjusted", "plain")
    ]
    for effect in effects:
        design = sm.add_constant(np.column_stack(columns[effect.model]))
        fit = sm.WLS(outcome, design, weights=weights).fit(cov_type="HC1", use_t=True)
        low, high = fit.conf_int(0.1)[1]
        np.testing.assert_allclose(
            [effect.estimate, effect.std_error, effect.p_value],
            [fit.params[1], fit.bse[1], fit.pvalues[1]],
            rtol=1e-8,
        )
        np.testing.assert_allclose([effect.ci_lower, effect.ci_upper], [low, high])
        assert (effect.rank, effect.df) == (design.shape[1], fit.df_resid)
    told = {(c.subject, c.category, c.arm): c.total for c in counts}
    women = sum(p["sex"] == "female" for p in EVERYONE) / len(EVERYONE)
    np.testing.assert_allclose(told["sex", "female", "weighted"], women)
    by_hand = weights.sum() ** 2 / (weights**2).sum()
    np.testing.assert_allclose(told["weights", "effective_n", "all"], by_hand)
