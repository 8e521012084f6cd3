"""Effects that a plan wants for its target: margins, weights, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grouped_plan import in_shares, plan_of
from rctspark.config import Plan, Thresholds
from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.balance.planned_effects import estimate_for_target

N, OTHERS = 60, 90
NUMBERS = np.arange(N + OTHERS)
WOMAN = np.where(NUMBERS < N, NUMBERS % 3 > 0, NUMBERS % 2 > 0).astype(float)
PAY = 100.0 + NUMBERS * 13 % 37
JOB = (NUMBERS * 7 % 11 > 5).astype(float)
ARM = np.where(NUMBERS < N, np.array(["usual", "more"])[NUMBERS % 2], "target")


def people(rows, woman=WOMAN, job=JOB):
    """Some of the persons as a sample."""
    sex = np.column_stack([woman, np.zeros(NUMBERS.size)])
    return AnalysisSample(
        arm=ARM[rows],
        covariates={"sex": sex[rows], "pay": PAY[rows, None]},
        columns={"sex": ("sex=woman", "sex=unknown"), "pay": ("pay",)},
        outcomes={("job", 2): job[rows]},
    )


OWN, TARGET = people(NUMBERS < N), people(NUMBERS >= 0)


def found(own=OWN, target=TARGET, **changes):
    one = {
        "population": "like_target",
        "of": "all",
        "margins": ["sex"],
        "models": ["plain", "adjusted"],
    }
    plan = Plan.model_validate(
        plan_of(
            outcomes=[in_shares("job")],
            models=[{"name": "plain"}, {"name": "adjusted", "covariates": ["pay"]}],
            reweighted=[one | changes],
        )
    )
    return estimate_for_target(
        own, target, plan, reweighting=plan.reweighted[0], thresholds=Thresholds()
    )


def told_of(counts):
    return {(c.subject, c.category, c.arm): c for c in counts}


def test_one_margin_is_reached_by_the_ratio_of_shares():
    effects, counts = found()
    own, target = WOMAN[:N].mean(), WOMAN.mean()
    weight = np.where(WOMAN[:N] == 1, target / own, (1 - target) / (1 - own))
    told = told_of(counts)
    reached = told["sex", "woman", "weighted"]
    assert reached.total == pytest.approx(target)
    assert (reached.persons, reached.base_persons) == (int(WOMAN[:N].sum()), N)
    there = told["sex", "woman", "target"]
    assert (there.persons, there.base_persons) == (int(WOMAN.sum()), N + OTHERS)
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert told["weights", "effective_n", "all"].total == pytest.approx(effective)
    assert told["weights", "largest", "all"].total == pytest.approx(weight.max())
    ten = np.sort(weight)[-10:].mean()
    assert told["weights", "largest_mean", "all"].total == pytest.approx(ten)
    more, usual = (ARM[:N] == arm for arm in ("more", "usual"))
    means = [np.average(JOB[:N][a], weights=weight[a]) for a in (more, usual)]
    plain = next(e for e in effects if e.model == "plain")
    assert plain.estimate == pytest.approx(means[0] - means[1])
    assert plain.mean_against == pytest.approx(means[1])


def test_the_largest_weighted_contribution_of_one_person_is_told():
    _, counts = found()
    weight = np.where(
        WOMAN[:N] == 1,
        WOMAN.mean() / WOMAN[:N].mean(),
        (1 - WOMAN.mean()) / (1 - WOMAN[:N].mean()),
    )
    usual = weight[(ARM[:N] == "usual") & (JOB[:N] == 1)]
    told = told_of(counts)["job", "all", "usual"]
    assert told.total == pytest.approx(usual.sum())
    assert told.largest_share == pytest.approx(usual.max() / usual.sum())


def test_a_category_that_nobody_of_the_target_has_is_no_margin():
    _, counts = found()
    assert not [c for c in counts if c.category == "unknown"]


def test_entropy_also_reaches_the_mean_of_a_number():
    _, counts = found(method="entropy", margins=["sex", "pay"])
    told = told_of(counts)
    assert told["pay", "all", "weighted"].total == pytest.approx(PAY.mean())
    assert told["sex", "woman", "weighted"].total == pytest.approx(WOMAN.mean())
    there = told["pay", "all", "target"]
    assert there.total / there.base_persons == pytest.approx(PAY.mean())


def test_an_outcome_that_does_not_vary_has_no_effect_and_no_error():
    own = replace(OWN, outcomes={("job", 2): np.zeros(N)})
    effects, _ = found(own)
    assert {(e.estimate, e.std_error, e.p_value) for e in effects} == {(0.0, 0.0, 1.0)}


def test_a_category_of_the_target_that_nobody_analysed_is_in_is_refused():
    woman = np.where(NUMBERS < N, 0.0, WOMAN)
    own, target = (people(rows, woman) for rows in (NUMBERS < N, NUMBERS >= 0))
    words = rf"sex: nobody analysed is in woman, where {int(woman.sum())} person"
    with pytest.raises(EstimationError, match=words):
        found(own, target)


def as_category(sample, where):
    """The sample, of some of whom a register does not know the sex."""
    sex = np.column_stack([np.where(where, 0.0, WOMAN), where.astype(float)])
    return replace(sample, covariates=sample.covariates | {"sex": sex[: sample.n]})


def test_who_is_unknown_in_the_target_is_left_out_of_that_margin_alone():
    where = (NUMBERS >= N) & (NUMBERS < N + 5)
    target = as_category(TARGET, where)
    with pytest.raises(EstimationError, match="nobody analysed is in unknown, where 5"):
        found(OWN, target)
    _, counts = found(OWN, target, missing={"sex": "unknown"})
    told = told_of(counts)
    there = told["sex", "woman", "target"]
    known = WOMAN[~where]
    assert (there.persons, there.base_persons) == (int(known.sum()), known.size)
    assert told["sex", "woman", "weighted"].total == pytest.approx(known.mean())


def test_who_is_analysed_and_in_a_category_that_is_left_out_is_refused():
    own = as_category(OWN, NUMBERS < 3)
    with pytest.raises(EstimationError, match=r"sex: 3 person.s. analysed are in unkn"):
        found(own, as_category(TARGET, NUMBERS < 3), missing={"sex": "unknown"})


def test_a_margin_that_is_not_known_for_someone_is_refused():
    woman = np.where(NUMBERS == N + 1, np.nan, WOMAN)
    with pytest.raises(EstimationError, match=r"not known for 1 person.s. of the tar"):
        found(OWN, people(NUMBERS >= 0, woman))


def test_an_outcome_that_is_not_known_for_everyone_weighted_is_refused():
    job = np.where(NUMBERS < 2, np.nan, JOB)
    with pytest.raises(EstimationError, match=r"job at horizon 2 is not known for 2 "):
        found(people(NUMBERS < N, job=job))


def test_a_mean_beyond_everyone_analysed_is_refused_by_name():
    far = replace(TARGET, covariates=TARGET.covariates | {"pay": PAY[:, None] + 500})
    with pytest.raises(EstimationError, match="mean of pay lies beyond everyone"):
        found(OWN, far, method="entropy", margins=["pay"])


def test_few_persons_in_an_arm_are_refused_with_outcome_arm_and_count():
    few = people((NUMBERS < N) & ((ARM != "more") | (NUMBERS < 10)))
    with pytest.raises(
        EstimationError, match=r"job at horizon 2: .*\n.* 5 person.s. in arm more"
    ):
        found(few)
