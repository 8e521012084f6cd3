"""The plan's models on everyone analysed: which estimator each one means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isinf
from typing import TYPE_CHECKING

from rctspark.contracts.results import FIRST_STAGE
from rctspark.errors import EstimationError
from rctspark.estimators.categories import keep_found_categories
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.logit import estimate_logit
from rctspark.estimators.regression.subgroups import estimate_subgroups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.regression import JointTest
    from rctspark.contracts.sums import Analysed
    from rctspark.estimators.contrast import Contrast
    from rctspark.estimators.regression.att_results import ReceiptEffects


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


def estimate_models(
    source: Analysed,
    *,
    models: Sequence[Model],
    inference: Inference,
    thresholds: Thresholds,
    categories: Mapping[str, Sequence[str]],
) -> tuple[Modelled, ...]:
    """Estimate models of the plan on everyone analysed.

    Of persons, each model is estimated by itself. Of a table, linear models with one
    effect for everyone share its two passes, with all outcomes and horizons.

    Args:
        source: Everyone analysed.
        models: The models.
        inference: Covariance, cluster, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.
        categories: Categorical covariate to its categories.

    Returns:
        What each model says, in the order of `models`.

    Raises:
        EstimationError: As `estimate_model`.
    """
    shared = [m for m in models if source.persons is None and _shares_passes(m)]
    contrasts: dict[str, list[Contrast]] = {m.name: [] for m in shared}
    if shared:
        for one in estimate_linear(
            source, models=shared, inference=inference, thresholds=thresholds
        ):
            contrasts[one.model].append(one)
    return tuple(
        Modelled(tuple(contrasts[model.name]))
        if model.name in contrasts
        else estimate_model(
            source,
            model=model,
            inference=inference,
            thresholds=thresholds,
            categories=categories,
        )
        for model in models
    )


def estimate_model(
    source: Analysed,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    categories: Mapping[str, Sequence[str]],
) -> Modelled:
    """Estimate one model of the plan on everyone analysed.

    Least squares with one effect for everyone and HC0 to HC3 is fitted by
    statsmodels, row by row, where there are persons; the rest by sums over them.

    Args:
        source: Everyone analysed.
        model: The model.
        inference: Covariance, cluster, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.
        categories: Categorical covariate to its categories, the first being the one
            that the others are compared with.

    Returns:
        The effects; for `iv` those on outcomes that are not receipts, and the first
        stage: what assignment to an arm does to the receipt of what it offers; for a
        model with `by` one per category that somebody has, and the tests that they
        are the same.

    Raises:
        EstimationError: As the estimator that the model means.
    """
    if model.baseline:
        parts = [
            estimate_model(
                part,
                model=own,
                inference=inference,
                thresholds=thresholds,
                categories=categories,
            )
            for part, own in _with_baseline(source, model)
        ]
        return Modelled(
            tuple(contrast for part in parts for contrast in part.contrasts),
            tuple(test for part in parts for test in part.tests),
        )
    if source.persons is not None and is_row_by_row(model, inference):
        return Modelled(
            estimate_itt(
                source.persons,
                arms=source.arms,
                model=model,
                inference=inference,
                thresholds=thresholds,
            )
        )
    if model.estimator == "iv":
        return Modelled(
            _estimate_received(
                source, model=model, inference=inference, thresholds=thresholds
            )
        )
    if model.estimator == "logit":
        return Modelled(
            estimate_logit(
                source, model=model, inference=inference, thresholds=thresholds
            )
        )
    if model.by is not None:
        sorted_by, found = keep_found_categories(
            source, covariate=model.by, categories=categories[model.by]
        )
        split = estimate_subgroups(
            sorted_by,
            model=model,
            reference=found[0],
            inference=inference,
            thresholds=thresholds,
        )
        return Modelled(split.contrasts, split.tests)
    return Modelled(
        estimate_linear(
            source, models=[model], inference=inference, thresholds=thresholds
        )
    )


def _estimate_received(
    source: Analysed, *, model: Model, inference: Inference, thresholds: Thresholds
) -> tuple[Contrast, ...]:
    """Effects of what was received, and what assignment does to its receipt."""
    receipts = _receipts(source, model)
    effects = estimate_att(
        source.measuring(source.outcomes, receipts),
        model=model,
        inference=inference,
        thresholds=thresholds,
    )
    moved = _not_whole(receipts, effects, model)
    if not moved:
        return effects.contrasts
    stages = estimate_model(
        source.measuring(moved),
        model=_first_stage_of(model),
        inference=inference,
        thresholds=thresholds,
        categories={},
    )
    return (*effects.contrasts, *_own_receipts(stages, model))


def _first_stage_of(model: Model) -> Model:
    """Return the regression of a receipt on the arms, with the same covariates."""
    return model.model_copy(
        update={"estimator": "ols", "receipt": {}, "receipt_horizon": 0}
    )


def _not_whole(
    receipts: tuple[tuple[str, int], ...], effects: ReceiptEffects, model: Model
) -> tuple[tuple[str, int], ...]:
    """Leave out receipts that are assignment itself: there is nothing to estimate."""
    whole = {
        model.receipt[arm]
        for detail in effects.details
        for stage in detail.first_stages
        for arm in stage.arm.split("+")
        if isinf(stage.effective_f)
    }
    return tuple((name, h) for name, h in receipts if name not in whole)


def _own_receipts(stages: Modelled, model: Model) -> tuple[Contrast, ...]:
    """Keep of first stages those of what an arm itself offers."""
    return tuple(
        replace(contrast, estimand=FIRST_STAGE)
        for contrast in stages.contrasts
        if model.receipt.get(contrast.arm) == contrast.outcome
    )


def _receipts(source: Analysed, model: Model) -> tuple[tuple[str, int], ...]:
    receipts = dict.fromkeys(
        (name, model.receipt_horizon) for name in model.receipt.values()
    )
    unknown = [
        f"{o} at horizon {h}" for o, h in receipts if (o, h) not in source.outcomes
    ]
    if unknown:
        raise EstimationError(
            f"model {model.name}: receipt {', '.join(unknown)} is not among the "
            "outcomes of the analysis"
        )
    return tuple(receipts)


def _with_baseline(source: Analysed, model: Model) -> Iterator[tuple[Analysed, Model]]:
    """Return for each outcome its source, and the model with its baseline value."""
    for name in dict.fromkeys(outcome for outcome, _ in source.outcomes):
        own = [key for key in source.outcomes if key[0] == name]
        before = [model.baseline[name]] if name in model.baseline else []
        covariates = (*model.covariates, *before)
        yield (
            source.measuring(own),
            model.model_copy(update={"covariates": covariates, "baseline": {}}),
        )


def _shares_passes(model: Model) -> bool:
    """Say whether sums for a model can be added up together with others."""
    is_linear = model.estimator in {"ols", "lin"}
    return is_linear and model.by is None and not model.baseline


def is_row_by_row(model: Model, inference: Inference) -> bool:
    """Say whether statsmodels fits the model, row by row."""
    is_plain = model.estimator == "ols" and model.by is None and model.strata is None
    return is_plain and inference.covariance.startswith("HC")
