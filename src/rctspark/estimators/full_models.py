"""The regressions that a plan shows with all their coefficients."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rctspark.config.plan import ModelsTable
from rctspark.contracts.coefficients import Coefficient
from rctspark.errors import EstimationError
from rctspark.estimators.observed import keep_observed
from rctspark.estimators.regression.coefficients import estimate_coefficients
from rctspark.estimators.regression.sources import PersonSums

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config.plan import Plan
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sample import AnalysisSample

Wanted = dict[tuple[str, str], dict[tuple[str, int], None]]
"""Population and model to outcomes and horizons, each once, in order."""


def estimate_full_models(
    plan: Plan,
    samples: Mapping[str, AnalysisSample],
    *,
    thresholds: Thresholds,
    data_version: str,
) -> tuple[Coefficient, ...]:
    """Estimate what the plan's tables of models show.

    Args:
        plan: The analysis plan.
        samples: Population of an analysis to its sample; the models of one that is
            absent are left out.
        thresholds: The data owner's.
        data_version: Named set of deliveries.

    Returns:
        One row per regression and term; a regression that two tables show stands
        once. None of an outcome that is not observed for anyone.

    Raises:
        EstimationError: An analysis lacks an outcome at a horizon; and as
            `estimate_coefficients`.
    """
    models = {m.name: m for m in plan.models}
    analyses = {a.population: a for a in plan.analyses}
    found: list[Coefficient] = []
    for (population, name), keys in _wanted(plan).items():
        analysis, sample = analyses[population], samples.get(population)
        if sample is None:
            continue
        absent = [f"{o} at {h}" for o, h in keys if (o, h) not in sample.outcomes]
        if absent:
            raise EstimationError(
                f"analysis {population} does not have {', '.join(absent)}, whose "
                f"model {name} a table shows; mend its horizons in the plan"
            )
        arms = (*analysis.groups[:1], *(analysis.arms or plan.arms.all))
        observed, _ = keep_observed(PersonSums(sample, arms).measuring([*keys]))
        terms = estimate_coefficients(
            observed.sample,
            arms=arms,
            model=models[name],
            inference=plan.inference,
            thresholds=thresholds,
        )
        found += [
            Coefficient(
                experiment=plan.name,
                population=population,
                model=name,
                covariance=plan.inference.covariance,
                data_version=data_version,
                plan_hash=plan.hash,
                **asdict(term),
            )
            for term in terms
        ]
    return tuple(found)


def _wanted(plan: Plan) -> Wanted:
    wanted: Wanted = {}
    for table in plan.tables:
        if not isinstance(table, ModelsTable):
            continue
        keys = [(o, h) for o in table.lines.values() for h in table.horizons]
        for name, population in table.models.items():
            wanted.setdefault((population, name), {}).update(dict.fromkeys(keys))
    return wanted
