"""Coverage of 90 % intervals and size of 5 % tests: least squares, logit, receipt.

Persons are drawn anew in every trial, so the truth is that of the population they
come from. Where theory expects a shortfall (HC1 in small samples, CR1 with few
clusters) the estimator that mends it stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.special import expit

from rctspark.config.plan import Inference, Model
from rctspark.config.settings import Thresholds
from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.logit import estimate_logit
from rctspark.estimators.regression.sources import PersonSums
from rctspark.estimators.regression.subgroups import estimate_subgroups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from rctspark.estimators.contrast import Contrast

    Floats = NDArray[np.float64]

FOUR_ARMS = ("control", "zia", "hia", "wl")
TWO_ARMS = FOUR_ARMS[:2]
FEW = Thresholds(minimum_persons=2, minimum_df=2)
EFFECT = 0.3
SIGNIFICANT = 0.05
TREATED_OFFICES = 4


def persons(
    arm: NDArray[np.str_],
    outcome: Floats,
    *,
    numbers: Mapping[str, Floats] | None = None,
    categories: Mapping[str, NDArray[np.int64]] | None = None,
    received: Floats | None = None,
) -> PersonSums:
    """Make a source of one outcome `y` (and, if given, receipt)."""
    covariates = {k: v[:, None] for k, v in (numbers or {}).items()}
    columns = {k: (k,) for k in covariates}
    for name, codes in (categories or {}).items():
        others = np.arange(1, codes.max() + 1)
        covariates[name] = (codes[:, None] == others).astype(float)
        columns[name] = tuple(f"{name}={i}" for i in others)
    outcomes = {("y", 0): outcome}
    if received is not None:
        outcomes["received", 0] = received
    sample = AnalysisSample(
        arm=arm, covariates=covariates, columns=columns, outcomes=outcomes
    )
    arms = tuple(a for a in FOUR_ARMS if (arm == a).any())
    receipts = (("received", 0),) if received is not None else ()
    return PersonSums(sample, arms, receipts)


def by(covariance: str, cluster: str | None = None) -> Inference:
    """State uncertainty by a covariance."""
    return Inference(covariance=covariance, cluster=cluster, minimum_persons=2)


def linear(source: PersonSums, inference: Inference, **model: object) -> list[Contrast]:
    """Estimate one linear model."""
    fitted = Model.model_validate({"name": "m"} | model)
    found = estimate_linear(
        source, models=[fitted], inference=inference, thresholds=FEW
    )
    return list(found)


def judged(contrast: Contrast, truth: float, name: str = "") -> dict[str, bool]:
    """Say whether the interval covers the truth and a true null is rejected.

    The test is of the truth itself, so its size is known also where there is an
    effect.
    """
    away = abs(contrast.estimate - truth) / contrast.std_error
    p_value = 2 * stats.t.sf(away, contrast.df)
    return {
        f"covers{name}": bool(contrast.ci_lower <= truth <= contrast.ci_upper),
        f"rejects{name}": bool(p_value < SIGNIFICANT),
    }


def difference_in_means(rng: np.random.Generator) -> dict[str, bool]:
    """Four arms of 188 persons; variances differ."""
    arm = rng.permutation(np.repeat(FOUR_ARMS, 188))
    spread = np.where(arm == "hia", 2.0, 1.0)
    y = EFFECT * (arm == "zia") + rng.normal(size=arm.size) * spread
    source = persons(arm, y)
    found: dict[str, bool] = {}
    for covariance in ("HC1", "HC2"):
        zia, hia, _ = linear(source, by(covariance))
        found |= judged(zia, EFFECT, f"_{covariance}_zia")
        found |= judged(hia, 0.0, f"_{covariance}_hia")
    return found


def unequal_and_small(rng: np.random.Generator) -> dict[str, bool]:
    """Eight persons with much spread against forty with little."""
    arm = np.repeat(TWO_ARMS, (40, 8))
    y = rng.normal(size=48) * np.where(arm == "zia", 3.0, 1.0)
    source = persons(arm, y)
    found: dict[str, bool] = {}
    for covariance in ("classical", "HC1", "HC2", "HC3"):
        (contrast,) = linear(source, by(covariance))
        found |= judged(contrast, 0.0, f"_{covariance}")
    return found


def small_strata(rng: np.random.Generator) -> dict[str, bool]:
    """Four arms in nine strata of four to sixty persons, drawn within strata."""
    sizes = (4, 8, 12, 16, 24, 40, 48, 60, 60)
    stratum = np.repeat(np.arange(9), sizes)
    arm = np.concatenate(
        [rng.permutation(np.tile(FOUR_ARMS, size // 4)) for size in sizes]
    )
    y = 0.4 * stratum + EFFECT * (arm == "zia") + rng.normal(size=arm.size)
    source = persons(arm, y, categories={"stratum": stratum})
    found: dict[str, bool] = {}
    for covariance in ("HC1", "HC2", "HC3"):
        zia, hia, _ = linear(source, by(covariance), strata="stratum")
        found |= judged(zia, EFFECT, f"_{covariance}_zia")
        found |= judged(hia, 0.0, f"_{covariance}_hia")
    return found


def fully_interacted(rng: np.random.Generator) -> dict[str, bool]:
    """Effects that differ strongly by age: the estimated mean matters."""
    arm = rng.permutation(np.repeat(TWO_ARMS, (150, 100)))
    age = rng.gamma(4.0, 1.0, arm.size)
    y = age + (arm == "zia") * (age - 4.0) * 1.5 + rng.normal(size=arm.size)
    source = persons(arm, y, numbers={"age": age})
    found: dict[str, bool] = {}
    for covariance in ("HC1", "HC2"):
        (contrast,) = linear(
            source, by(covariance), estimator="lin", covariates=("age",)
        )
        found |= judged(contrast, 0.0, f"_{covariance}")
    return found


def few_clusters(rng: np.random.Generator) -> dict[str, bool]:
    """Twelve offices of five to fifty persons, four of them treated."""
    sizes = rng.integers(5, 51, 12)
    office = np.repeat(np.arange(12), sizes)
    arm = np.where(office < TREATED_OFFICES, TWO_ARMS[1], TWO_ARMS[0])
    y = rng.normal(size=12)[office] * 0.4 + rng.normal(size=office.size)
    source = persons(arm, y, categories={"office": office})
    found: dict[str, bool] = {}
    for covariance in ("CR1", "CR2"):
        (contrast,) = linear(source, by(covariance, "office"))
        found |= judged(contrast, 0.0, f"_{covariance}")
    return found


def logit_margins(rng: np.random.Generator) -> dict[str, bool]:
    """Four arms; the effect is that on the persons drawn, as the delta method's."""
    arm = rng.permutation(np.repeat(FOUR_ARMS, 188))
    age = rng.normal(size=arm.size)
    lift = {"control": 0.0, "zia": 0.5, "hia": 0.0, "wl": -0.3}
    shift = np.vectorize(lift.get)(arm).astype(float)
    y = (rng.random(arm.size) < expit(-0.8 + 0.7 * age + shift)).astype(float)
    found: dict[str, bool] = {}
    model = Model(name="m", estimator="logit", covariates=("age",))
    for covariance in ("classical", "HC1"):
        contrasts = estimate_logit(
            persons(arm, y, numbers={"age": age}),
            model=model,
            inference=by(covariance),
            thresholds=FEW,
        )
        for contrast in contrasts[:2]:
            chance = expit(-0.8 + 0.7 * age + lift[contrast.arm])
            truth = float((chance - expit(-0.8 + 0.7 * age)).mean())
            found |= judged(contrast, truth, f"_{covariance}_{contrast.arm}")
    return found


def by_category(rng: np.random.Generator) -> dict[str, bool]:
    """Effects by category, and the joint test when they are the same."""
    arm = rng.permutation(np.repeat(FOUR_ARMS, 150))
    group = rng.integers(0, 3, arm.size)
    y = group + EFFECT * (arm == "zia") + rng.normal(size=arm.size)
    found = estimate_subgroups(
        persons(arm, y, categories={"group": group}),
        model=Model(name="m", by="group"),
        inference=by("HC1"),
        thresholds=FEW,
        reference="0",
    )
    (zia,) = [c for c in found.contrasts if (c.arm, c.subgroup) == ("zia", "group=2")]
    joint = found.tests[-1]
    return judged(zia, EFFECT) | {"rejects_joint": joint.p_value < SIGNIFICANT}


def receipt(rng: np.random.Generator) -> dict[str, bool]:
    """Seven in ten of the arm receive, those who gain least more often."""
    return _receipt(rng, share=0.7, persons_per_arm=200)


def weak_receipt(rng: np.random.Generator) -> dict[str, bool]:
    """Assignment moves receipt by ten points: only Anderson and Rubin's holds."""
    return _receipt(rng, share=0.1, persons_per_arm=150)


def _receipt(
    rng: np.random.Generator, *, share: float, persons_per_arm: int
) -> dict[str, bool]:
    arm = rng.permutation(np.repeat(TWO_ARMS, persons_per_arm))
    hidden = rng.normal(size=arm.size)
    willing = expit(1.5 * hidden) * 0.6
    chance = np.where(arm == "zia", willing + share * (1 - willing), willing)
    got = (rng.random(arm.size) < chance).astype(float)
    y = got + 2 * hidden + rng.normal(size=arm.size)
    model = Model(name="m", estimator="iv", receipt={"zia": "received"})
    try:
        found = estimate_att(
            persons(arm, y, received=got),
            model=model,
            inference=by("HC1"),
            thresholds=FEW,
            relevance=1.0,
        )
    except EstimationError:
        # The arms received exactly alike: every value is left standing.
        return {"covers": True, "rejects": False, "covers_ar": True}
    contrast, (rubin,) = found.contrasts[0], found.details[0].anderson_rubin
    inside = rubin.lower <= 1.0 <= rubin.upper
    holds = {"outside": not rubin.lower < 1.0 < rubin.upper, "empty": False}
    return judged(contrast, 1.0) | {"covers_ar": bool(holds.get(rubin.kind, inside))}


CASES: dict[str, Callable[[np.random.Generator], Mapping[str, bool]]] = {
    "difference_in_means": difference_in_means,
    "unequal_and_small": unequal_and_small,
    "small_strata": small_strata,
    "fully_interacted": fully_interacted,
    "few_clusters": few_clusters,
    "logit_margins": logit_margins,
    "by_category": by_category,
    "receipt": receipt,
    "weak_receipt": weak_receipt,
}
