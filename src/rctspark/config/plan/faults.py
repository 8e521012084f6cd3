"""What is wrong with a plan whose parts are each right by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.outcomes import PanelOutcome, PerRoundOutcome
from rctspark.config.plan.table_faults import table_faults

if TYPE_CHECKING:
    from rctspark.config.plan.plan import Plan


def plan_faults(plan: Plan) -> list[tuple[str, str]]:
    """Find names that a plan uses and does not declare, or declares twice.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault, in the order of the file.
    """
    faults: list[tuple[str, str]] = []
    arms = set(plan.arms.all)
    declared = {
        "outcomes": [o.name for o in plan.outcomes],
        "covariates": [c.name for c in plan.covariates],
        "models": [m.name for m in plan.models],
        "analyses": [a.population for a in plan.analyses],
        "population.exclusions": [x.id for x in plan.population.exclusions],
        "arms.treatments": list(plan.arms.all),
        "rounds": [str(r.number) for r in plan.rounds],
        "tables": [t.name for t in plan.tables],
    }
    for key, names in declared.items():
        twice = sorted({n for n in names if names.count(n) > 1})
        faults += [(key, f"{name} stands here twice") for name in twice]

    def check(key: str, used: tuple[str, ...], known: set[str], what: str) -> None:
        unknown = [name for name in used if name not in known]
        faults.extend((key, f"no {what} is called {name}") for name in unknown)

    for key, given in _arms_given(plan):
        check(key, given, arms, "arm")
    outcomes, models = set(declared["outcomes"]), set(declared["models"])
    known = set(declared["covariates"])
    for i, model in enumerate(plan.models):
        check(f"models.{i}.covariates", model.covariates, known, "covariate")
        check(f"models.{i}.receipt", tuple(model.receipt), arms, "arm")
        received = tuple(model.receipt.values())
        check(f"models.{i}.receipt", received, outcomes, "outcome")
    faults += _category_faults(plan)
    for i, analysis in enumerate(plan.analyses):
        check(f"analyses.{i}.arms", analysis.arms, arms, "arm")
        check(f"analyses.{i}.outcomes", analysis.outcomes, outcomes, "outcome")
        check(f"analyses.{i}.models", analysis.models, models, "model")
        selecting = (analysis.among.outcome,) if analysis.among else ()
        check(f"analyses.{i}.among", selecting, outcomes, "outcome")
        if analysis.arms and plan.arms.control not in analysis.arms:
            faults.append((f"analyses.{i}.arms", "control is not among the arms"))
    for i, head in enumerate(plan.headlines):
        check(f"headlines.{i}.outcome", (head.outcome,), outcomes, "outcome")
        check(f"headlines.{i}.model", (head.model,), models, "model")
        known = set(declared["analyses"])
        check(f"headlines.{i}.population", (head.population,), known, "analysis")
    return faults + _window_faults(plan) + _round_faults(plan) + table_faults(plan)


def _arms_given(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """Return the arms that the rule of assignment and the draw name, by key."""
    rule = plan.assignment
    given = tuple(a for a in (rule.even, rule.odd, *rule.shares) if a is not None)
    sites = plan.draw.sites if plan.draw else {}
    drawn = [(f"draw.sites.{s}.ratio", tuple(r.ratio)) for s, r in sites.items()]
    return [("assignment", given), *drawn]


def _category_faults(plan: Plan) -> list[tuple[str, str]]:
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


def _round_faults(plan: Plan) -> list[tuple[str, str]]:
    """Find outcomes per round where the plan has no rounds."""
    return [
        (f"outcomes.{i}", f"{outcome.name} is measured per round; the plan has none")
        for i, outcome in enumerate(plan.outcomes)
        if isinstance(outcome, PerRoundOutcome) and not plan.rounds
    ]


def _window_faults(plan: Plan) -> list[tuple[str, str]]:
    faults = []
    for i, outcome in enumerate(plan.outcomes):
        if isinstance(outcome, PanelOutcome) and outcome.horizons is not None:
            first, last = outcome.horizons
            if not plan.window.first <= first <= last <= plan.window.last:
                key = f"outcomes.{i}.horizons"
                faults.append((key, "does not lie within the plan's window"))
    clock = plan.population.clock
    if clock is not None and plan.follow_up_until < clock.last:
        faults.append(("follow_up_until", "lies before the last day of enrolment"))
    if clock is None and plan.assignment.rule == "parity":
        faults.append(("assignment.rule", "parity needs a population.clock"))
    return faults
