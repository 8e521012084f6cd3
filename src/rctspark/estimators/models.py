"""The plan's models on the analysis sample: which estimator each one means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.errors import EstimationError
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
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.contrast import Contrast


def estimate_model(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    references: Mapping[str, str],
) -> tuple[Contrast, ...]:
    """Estimate one model of the plan on everyone in the sample.

    Least squares with one effect for everyone and HC0 to HC3 is fitted by
    statsmodels, row by row; the rest by sums over the same persons.

    Args:
        sample: The analysis sample.
        arms: Arms in the regression, control first.
        model: The model.
        inference: Covariance, cluster, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.
        references: Categorical covariate to its first category.

    Returns:
        The effects; for `iv` those on outcomes that are not receipts.

    Raises:
        EstimationError: As the estimator that the model means.
    """
    if model.baseline:
        return tuple(
            contrast
            for part, own in _with_baseline(sample, model)
            for contrast in estimate_model(
                part,
                arms=arms,
                model=own,
                inference=inference,
                thresholds=thresholds,
                references=references,
            )
        )
    if is_row_by_row(model, inference):
        return estimate_itt(
            sample, arms=arms, model=model, inference=inference, thresholds=thresholds
        )
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
    source = PersonSums(sample, tuple(arms), tuple(receipts))
    if model.estimator == "iv":
        return estimate_att(
            source, model=model, inference=inference, thresholds=thresholds
        ).contrasts
    if model.estimator == "logit":
        return estimate_logit(
            source, model=model, inference=inference, thresholds=thresholds
        )
    if model.by is not None:
        reference = references[model.by]
        return estimate_subgroups(
            source,
            model=model,
            reference=reference,
            inference=inference,
            thresholds=thresholds,
        ).contrasts
    return estimate_linear(
        source, models=[model], inference=inference, thresholds=thresholds
    )


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
