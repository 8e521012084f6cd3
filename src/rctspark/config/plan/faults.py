"""What is wrong with a plan whose parts are each right by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.duration_faults import duration_faults
from rctspark.config.plan.family_faults import family_faults
from rctspark.config.plan.outcomes import (
    PanelOutcome,
    PanelTotalOutcome,
    PerRoundOutcome,
)
from rctspark.config.plan.reweighting_faults import reweighting_faults
from rctspark.config.plan.table_faults import table_faults

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config.plan.plan import Plan

Faults = list[tuple[str, str]]
COVARIATE = "covariate"
FEWEST_CLUSTERS_PER_ARM = 2
"""With one cluster in an arm, arm and cluster are the same."""


def plan_faults(plan: Plan) -> Faults:
    """Find names that a plan uses and does not declare, or declares twice.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault, in the order of the file.
    """
    return [
        *_repeated(plan),
        *_assignment_faults(plan),
        *_model_faults(plan),
        *_category_faults(plan),
        *_monitoring_faults(plan),
        *_analysis_faults(plan),
        *_headline_faults(plan),
        *_sensitivity_faults(plan),
        *_window_faults(plan),
        *_round_faults(plan),
        *table_faults(plan),
        *duration_faults(plan),
        *family_faults(plan),
        *reweighting_faults(plan),
    ]


def _repeated(plan: Plan) -> Faults:
    declared = {
        "outcomes": [o.name for o in plan.outcomes],
        "covariates": [c.name for c in plan.covariates],
        "models": [m.name for m in plan.models],
        "analyses": [a.population for a in plan.analyses],
        "durations": [d.name for d in plan.durations],
        "families": [f.name for f in plan.families],
        "sensitivity": [s.name for s in plan.sensitivity],
        "reweighted": [r.population for r in plan.reweighted],
        "population.exclusions": [x.id for x in plan.population.exclusions],
        "arms.treatments": list(plan.arms.all),
        "rounds": [str(r.number) for r in plan.rounds],
        "tables": [t.name for t in plan.tables],
    }
    return [
        (key, f"{name} stands here twice")
        for key, names in declared.items()
        for name in sorted({n for n in names if names.count(n) > 1})
    ]


def _unknown(key: str, used: Iterable[str], known: Iterable[str], what: str) -> Faults:
    names = set(known)
    return [(key, f"no {what} is called {name}") for name in used if name not in names]


def _assignment_faults(plan: Plan) -> Faults:
    rule = plan.assignment
    given = [a for a in (rule.even, rule.odd, *rule.shares) if a is not None]
    faults = _unknown("assignment", given, plan.arms.all, "arm")
    if plan.power is not None:
        faults += _unknown("power.persons", plan.power.persons, plan.arms.all, "arm")
        if next(iter(plan.power.persons)) != plan.arms.control:
            faults.append(("power.persons", "control comes first"))
    for site, drawn in (plan.draw.sites if plan.draw else {}).items():
        key = f"draw.sites.{site}.ratio"
        faults += _unknown(key, drawn.ratio, plan.arms.all, "arm")
    return faults


def _model_faults(plan: Plan) -> Faults:
    outcomes = [o.name for o in plan.outcomes]
    covariates = [c.name for c in plan.covariates]
    faults: Faults = []
    for i, model in enumerate(plan.models):
        key = f"models.{i}"
        faults += _unknown(f"{key}.covariates", model.covariates, covariates, COVARIATE)
        faults += _unknown(f"{key}.receipt", model.receipt, plan.arms.all, "arm")
        faults += _unknown(f"{key}.baseline", model.baseline, outcomes, "outcome")
        before = model.baseline.values()
        faults += _unknown(f"{key}.baseline", before, covariates, COVARIATE)
        received = model.receipt.values()
        faults += _unknown(f"{key}.receipt", received, outcomes, "outcome")
    return faults


def _analysis_faults(plan: Plan) -> Faults:
    outcomes = [o.name for o in plan.outcomes]
    models = [m.name for m in plan.models]
    faults: Faults = []
    for i, analysis in enumerate(plan.analyses):
        key, arms = f"analyses.{i}", analysis.arms
        faults += _unknown(f"{key}.arms", arms, plan.arms.all, "arm")
        faults += _unknown(f"{key}.outcomes", analysis.outcomes, outcomes, "outcome")
        faults += _unknown(f"{key}.models", analysis.models, models, "model")
        selecting = [analysis.among.outcome] if analysis.among else []
        faults += _unknown(f"{key}.among", selecting, outcomes, "outcome")
        if arms and plan.arms.control not in arms:
            faults.append((f"{key}.arms", "control is not among the arms"))
        followed = plan.population.groups
        faults += _unknown(f"{key}.groups", analysis.groups, followed, "group")
    return faults


def _headline_faults(plan: Plan) -> Faults:
    outcomes = [o.name for o in plan.outcomes]
    models = [m.name for m in plan.models]
    analyses = [a.population for a in plan.analyses]
    faults: Faults = []
    for i, head in enumerate(plan.headlines):
        key = f"headlines.{i}"
        faults += _unknown(f"{key}.outcome", [head.outcome], outcomes, "outcome")
        faults += _unknown(f"{key}.model", [head.model], models, "model")
        faults += _unknown(f"{key}.population", [head.population], analyses, "analysis")
    return faults


def _monitoring_faults(plan: Plan) -> Faults:
    """Find arms and rounds that monitoring names and the plan does not have."""
    numbers, watched = {r.number for r in plan.rounds}, plan.monitoring
    named = [("monitoring.needed", arm) for arm in watched.needed]
    named += [
        (f"monitoring.due.{number}", arm)
        for number, due in watched.due.items()
        for arm in due
    ]
    faults = [
        (f"monitoring.due.{number}", "no round has this number")
        for number in watched.due
        if number not in numbers
    ]
    return faults + [
        (key, f"no arm is called {arm}")
        for key, arm in named
        if arm not in plan.arms.all
    ]


def _category_faults(plan: Plan) -> Faults:
    """Find covariates that must be categorical and are not, or are not declared."""
    categorical = {c.name for c in plan.covariates if c.categories}
    named = [
        (f"models.{i}.{key}", name)
        for i, model in enumerate(plan.models)
        for key, name in (("by", model.by), ("strata", model.strata))
        if name is not None
    ]
    cluster = plan.inference.cluster
    if cluster is not None:
        named.append(("inference.cluster", cluster))
    faults = [
        (key, f"no categorical covariate is called {name}")
        for key, name in named
        if name not in categorical
    ]
    faults += _cluster_faults(plan)
    if cluster is not None:
        faults += [
            (f"models.{i}", f"estimator {model.estimator} has no clustered covariance")
            for i, model in enumerate(plan.models)
            if model.estimator == "lin"
        ]
        faults += [
            (f"models.{i}.strata", "with clusters, give strata as a covariate")
            for i, model in enumerate(plan.models)
            if model.strata
        ]
    few = ("classical", "HC0", "HC1", "CR1")
    known = {"iv": few, "logit": few}
    covariance = plan.inference.covariance
    faults += [
        (f"models.{i}", f"estimator {model.estimator} has no covariance {covariance}")
        for i, model in enumerate(plan.models)
        if covariance not in known.get(model.estimator, (covariance,))
    ]
    return faults


def _cluster_faults(plan: Plan) -> Faults:
    """Find clusters that are too few, or not those by which arms were drawn."""
    drawn, cluster = plan.assignment.drawn_by, plan.inference.cluster
    if drawn is not None and drawn != cluster:
        words = (
            f"arms were drawn by {drawn}, so standard errors must be by it too: say "
            f"inference.cluster: {drawn}"
        )
        return [("assignment.drawn_by", words)]
    named = {c.name: len(c.categories) for c in plan.covariates if c.categories}
    clusters, arms = named.get(cluster or ""), len(plan.arms.all)
    needed = FEWEST_CLUSTERS_PER_ARM * arms
    if clusters is None or clusters >= needed:
        return []
    words = (
        f"{cluster} has {clusters} categories; {arms} arms of clusters "
        f"that were drawn need at least {needed}, {FEWEST_CLUSTERS_PER_ARM} in each: "
        "of an arm with one cluster nobody can tell the arm from the cluster"
    )
    return [("inference.cluster", words)]


def _round_faults(plan: Plan) -> Faults:
    """Find outcomes per round where the plan has no rounds."""
    return [
        (f"outcomes.{i}", f"{outcome.name} is measured per round; the plan has none")
        for i, outcome in enumerate(plan.outcomes)
        if isinstance(outcome, PerRoundOutcome) and not plan.rounds
    ]


def _sensitivity_faults(plan: Plan) -> Faults:
    known = {
        "outcome": [o.name for o in plan.outcomes],
        "model": [m.name for m in plan.models],
        "population": [a.population for a in plan.analyses]
        + [r.population for r in plan.reweighted],
    }
    faults: Faults = []
    for i, one in enumerate(plan.sensitivity):
        places = {f"sensitivity.{i}": one} | {
            f"sensitivity.{i}.variants.{j}": variant
            for j, variant in enumerate(one.variants)
        }
        for key, part in places.items():
            for field, names in known.items():
                what = "analysis" if field == "population" else field
                given = [name] if (name := getattr(part, field)) else []
                faults += _unknown(f"{key}.{field}", given, names, what)
    return faults


def _window_faults(plan: Plan) -> Faults:
    faults = []
    for i, outcome in enumerate(plan.outcomes):
        if isinstance(outcome, PanelTotalOutcome):
            named: tuple[int, ...] | None = outcome.periods
        elif isinstance(outcome, PanelOutcome):
            named = outcome.at or outcome.horizons
        else:
            named = None
        if named is not None:
            first, last = min(named), max(named)
            in_order = list(named) == sorted(named)
            is_within = plan.window.first <= first <= last <= plan.window.last
            if not (in_order and is_within):
                key = f"outcomes.{i}.horizons"
                faults.append((key, "does not lie within the plan's window"))
    clock = plan.population.clock
    if clock is not None and plan.follow_up_until < clock.last:
        faults.append(("follow_up_until", "lies before the last day of enrolment"))
    if clock is None and plan.assignment.rule == "parity":
        faults.append(("assignment.rule", "parity needs a population.clock"))
    return faults
