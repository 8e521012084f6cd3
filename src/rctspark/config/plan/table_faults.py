"""What is wrong with the tables that a plan releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.check_faults import (
    bounds_faults,
    fit_faults,
    models_faults,
)
from rctspark.config.plan.check_tables import (
    BoundsTable,
    FitTable,
    ModelsTable,
    WeightedEffectsTable,
    WeightsTable,
)
from rctspark.config.plan.outcomes import (
    ContactCountOutcome,
    PanelOutcome,
    PerRoundOutcome,
)
from rctspark.config.plan.reweighting_faults import weights_table_faults
from rctspark.config.plan.study_tables import (
    FindingsTable,
    GroupsTable,
    ReliabilityTable,
)
from rctspark.config.plan.tables import (
    BalanceTable,
    ContactsTable,
    CourseTable,
    EffectsTable,
    RoundsTable,
    offers,
    outcomes_shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import UnionType

    from rctspark.config.plan.plan import Plan
    from rctspark.config.plan.tables import ReleasedTable

Faults = list[tuple[str, str]]


def table_faults(plan: Plan) -> Faults:
    """Find what tables name and the plan does not have.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault.
    """
    faults: Faults = []
    for i, table in enumerate(plan.tables):
        population = plan.population
        others = population.sites if table.kind == "funnel" else population.groups
        known = offers(table.kind, plan.arms.all, others)
        faults += [
            (f"tables.{i}.columns.{heading}", f"a table of {table.kind} has no {what}")
            for heading, what in table.columns.items()
            if what not in known
        ]
        faults += _faults_of(plan, table, f"tables.{i}")
    return faults


def _faults_of(plan: Plan, table: ReleasedTable, key: str) -> Faults:
    faults: Faults = []
    match table:
        case ContactsTable() | CourseTable() | ReliabilityTable():
            faults = _faults_of_lines(plan, table, f"{key}.lines")
        case RoundsTable():
            faults = _faults_of_rounds(plan, table, key)
        case BalanceTable():
            faults = _faults_of_balance(plan, table, f"{key}.lines")
        case EffectsTable():
            faults = _faults_of_effects(plan, table, key)
        case GroupsTable():
            faults = _faults_of_groups(plan, table, f"{key}.lines")
        case FindingsTable():
            faults = _faults_of_findings(plan, table, f"{key}.rows")
        case _:
            faults = _faults_of_checks(plan, table, key)
    return faults


def _faults_of_checks(plan: Plan, table: ReleasedTable, key: str) -> Faults:
    match table:
        case ModelsTable():
            return models_faults(plan, table, key)
        case FitTable():
            return fit_faults(plan, table, key)
        case BoundsTable():
            return bounds_faults(plan, table, key)
        case WeightsTable() | WeightedEffectsTable():
            return weights_table_faults(plan, table, key)
    return []


def _faults_of_lines(
    plan: Plan, table: ContactsTable | CourseTable | ReliabilityTable, key: str
) -> Faults:
    kind, words = {
        "contacts": (ContactCountOutcome, "counts no contacts"),
        "course": (PanelOutcome, "is not of the panel"),
        "reliability": (PanelOutcome, "holds no answers"),
    }[table.kind]
    wrong = _wrong_kind(plan, outcomes_shown(table), kind)
    return [(key, f"{name} {words}") for name in wrong]


def _wrong_kind(plan: Plan, names: Iterable[str], kind: type | UnionType) -> list[str]:
    right = {o.name for o in plan.outcomes if isinstance(o, kind)}
    return [name for name in names if name not in right]


def _faults_of_rounds(plan: Plan, table: RoundsTable, key: str) -> Faults:
    numbers = {r.number for r in plan.rounds}
    named = [table.among, *(n for f in table.lines.values() for n in f.values())]
    wrong = _wrong_kind(plan, dict.fromkeys(named), PerRoundOutcome)
    faults = [(f"{key}.lines", f"{w} is not measured per round") for w in wrong]
    return faults + [
        (f"{key}.lines.{number}", "no round has this number")
        for number in table.lines
        if number not in numbers
    ]


def _faults_of_balance(plan: Plan, table: BalanceTable, key: str) -> Faults:
    categories = {c.name: c.categories for c in plan.covariates if c.categories}
    faults: Faults = []
    for heading, line in table.lines.items():
        known = categories.get(line.covariate)
        if known is None:
            words = f"no categorical covariate is called {line.covariate}"
            faults.append((f"{key}.{heading}", words))
            continue
        named = [*line.categories.values(), *([line.missing] if line.missing else [])]
        faults += [
            (f"{key}.{heading}", f"{line.covariate} has no category {name}")
            for name in named
            if name not in known
        ]
        faults += [
            (f"{key}.{heading}", f"category {name} is neither shown nor missing")
            for name in known
            if name not in named
        ]
    return faults


def _faults_of_effects(plan: Plan, table: EffectsTable, key: str) -> Faults:
    outcomes = {o.name for o in plan.outcomes}
    analysed = {a.population for a in plan.analyses}
    faults: Faults = []
    if table.model not in {m.name for m in plan.models}:
        faults.append((f"{key}.model", f"no model is called {table.model}"))
    faults += [
        (f"{key}.lines.{heading}", f"no outcome is called {line.outcome}")
        for heading, line in table.lines.items()
        if line.outcome not in outcomes
    ]
    faults += [
        (f"{key}.blocks", f"no line is called {label}")
        for block in table.blocks
        for label in block.lines
        if label not in table.lines
    ]
    named = [
        *table.populations,
        *(p for level in table.stars for p in level.populations),
    ]
    return faults + [
        (f"{key}.blocks", f"no analysis is called {name}")
        for name in dict.fromkeys(named)
        if name not in analysed
    ]


def _faults_of_groups(plan: Plan, table: GroupsTable, key: str) -> Faults:
    covariates = {c.name: c for c in plan.covariates}
    outcomes = {o.name for o in plan.outcomes}
    faults: Faults = []
    for heading, line in table.lines.items():
        named = [n for n in (line.outcome, line.among) if n is not None]
        faults += [
            (f"{key}.{heading}", f"no outcome is called {name}")
            for name in named
            if name not in outcomes
        ]
        if line.covariate is None:
            continue
        known = covariates.get(line.covariate)
        if known is None:
            words = f"no covariate is called {line.covariate}"
            faults.append((f"{key}.{heading}", words))
            continue
        faults += [
            (f"{key}.{heading}", f"{line.covariate} has no category {name}")
            for name in line.categories.values()
            if name not in known.categories
        ]
        if bool(known.categories) != bool(line.categories):
            words = f"{line.covariate}: categories go with a categorical covariate"
            faults.append((f"{key}.{heading}", words))
    if table.total is not None and table.total not in table.lines:
        faults.append((key, f"no line is called {table.total}"))
    return faults


def _faults_of_findings(plan: Plan, table: FindingsTable, key: str) -> Faults:
    outcomes = {o.name for o in plan.outcomes}
    models = {m.name for m in plan.models}
    analysed = {a.population for a in plan.analyses}
    faults: Faults = []
    for i, row in enumerate(table.rows):
        named = [
            (row.of.split(":", 1)[0], analysed, "analysis"),
            (row.model, models, "model"),
            (row.arm, plan.arms.treatments, "treatment"),
            *((outcome, outcomes, "outcome") for outcome in row.outcomes),
        ]
        faults += [
            (f"{key}.{i}", f"no {what} is called {name}")
            for name, known, what in named
            if name not in known
        ]
    return faults
