"""The plan's models on the analysis sample: which estimator each one means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.errors import EstimationError
from rctspark.estimators.categories import keep_found_categories
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.logit import estimate_logit
from rctspark.estimators.regression.sources import PersonSums
from rctspark.estimators.regression.subgroups import estimate_subgroups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.regression import JointTest
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.contrast import Contrast


@dataclass(frozen=True, slots=True)
class Modelled:
    """What one model says of one sample.

    Attributes:
        contrasts: Effects.
        tests: Whether effects by category are the same; none where a model has one
            effect for everyone.
    """

    contrasts: tuple[Contrast, ...]
    tests: tuple[JointTest, ...] = ()


def estimate_model(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    categories: Mapping[str, Sequence[str]],
) -> Modelled:
    """Estimate one model of the plan on everyone in the sample.

    Least squares with one effect for everyone and HC0 to HC3 is fitted by
    statsmodels, row by row; the rest by sums over the same persons.

    Args:
        sample: The analysis sample.
        arms: Arms in the regression, control first.
        model: The model.
        inference: Covariance, cluster, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.
        categories: Categorical covariate to its categories, the first being the one
            that the others are compared with.

    Returns:
        The effects; for `iv` those on outcomes that are not receipts; for a model
        with `by` one per category that somebody has, and the tests that they are the
        same.

    Raises:
        EstimationError: As the estimator that the model means.
    """
    if model.baseline:
        parts = [
            estimate_model(
                part,
                arms=arms,
                model=own,
                inference=inference,
                thresholds=thresholds,
                categories=categories,
            )
            for part, own in _with_baseline(sample, model)
        ]
        return Modelled(
            tuple(contrast for part in parts for contrast in part.contrasts),
            tuple(test for part in parts for test in part.tests),
        )
    if is_row_by_row(model, inference):
        return Modelled(
            estimate_itt(
                sample,
                arms=arms,
                model=model,
                inference=inference,
                thresholds=thresholds,
            )
        )
    receipts = _receipts(sample, model)
    reference = ""
    if model.by is not None:
        sample, reference, _ = keep_found_categories(
            sample, covariate=model.by, categories=categories[model.by]
        )
    source = PersonSums(sample, tuple(arms), receipts)
    if model.estimator == "iv":
        return Modelled(
            estimate_att(
                source, model=model, inference=inference, thresholds=thresholds
            ).contrasts
        )
    if model.estimator == "logit":
        return Modelled(
            estimate_logit(
                source, model=model, inference=inference, thresholds=thresholds
            )
        )
    if model.by is not None:
        found = estimate_subgroups(
            source,
            model=model,
            reference=reference,
            inference=inference,
            thresholds=thresholds,
        )
        return Modelled(found.contrasts, found.tests)
    return Modelled(
        estimate_linear(
            source, models=[model], inference=inference, thresholds=thresholds
        )
    )


def _receipts(sample: AnalysisSample, model: Model) -> tuple[tuple[str, int], ...]:
    receipts = dict.fromkeys(
        (name, model.receipt_horizon) for name in model.receipt.values()
    )
    unknown = [
        f"{o} at horizon {h}" for o, h in receipts if (o, h) not in sample.outcomes
    ]
    if unknown:
        raise EstimationError(
            f"model {model.name}: receipt {', '.join(unknown)} is not among the "
            "outcomes of the analysis"
        )
    return tuple(receipts)


def _with_baseline(
    sample: AnalysisSample, model: Model
) -> Iterator[tuple[AnalysisSample, Model]]:
    """Return for each outcome its sample, and the model with its baseline value."""
    for name in dict.fromkeys(outcome for outcome, _ in sample.outcomes):
        own = {key: v for key, v in sample.outcomes.items() if key[0] == name}
        before = [model.baseline[name]] if name in model.baseline else []
        covariates = (*model.covariates, *before)
        yield (
            replace(sample, outcomes=own),
            model.model_copy(update={"covariates": covariates, "baseline": {}}),
        )


def is_row_by_row(model: Model, inference: Inference) -> bool:
    """Say whether statsmodels fits the model, row by row."""
    is_plain = model.estimator == "ols" and model.by is None and model.strata is None
    return is_plain and inference.covariance.startswith("HC")
