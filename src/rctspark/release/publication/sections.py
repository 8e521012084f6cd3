"""The plan's tables as a reader meets them in the report, with shares and n."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan import (
    ArmSizesTable,
    BalanceTable,
    ContactsTable,
    EffectsTable,
    FindingsTable,
    FunnelTable,
    GroupsTable,
    ModelsTable,
    RoundsTable,
    WeightedEffectsTable,
    WeightsTable,
)
from rctspark.release.disclosure import HIDDEN
from rctspark.release.publication.shown_as_released import as_released, is_grouped
from rctspark.release.publication.shown_counts import (
    arm_sizes,
    balance_by_arm,
    contacts_by_arm,
    rounds_by_arm,
    rounds_note,
    sizes_note,
)
from rctspark.release.publication.shown_effects import (
    effects_by_arm,
    effects_note,
)
from rctspark.release.publication.shown_models import models_note, models_side_by_side
from rctspark.release.publication.shown_table import Group, Laid, ShownTable
from rctspark.release.publication.weights_words import (
    weighted_effects_note,
    weights_note,
)

if TYPE_CHECKING:
    from rctspark.config.plan import ReleasedTable
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.released import Release

SECTIONS = {
    "arm_sizes": "arms",
    "balance": "balance",
    "contacts": "services",
    "rounds": "services",
    "effects": "outcomes",
    "funnel": "arms",
    "groups": "balance",
    "findings": "outcomes",
    "reliability": "outcomes",
    "fit": "balance",
    "bounds": "attrition",
    "models": "coefficients",
    "weights": "weights",
    "weighted_effects": "weights",
}
"""Kind of table to the section of the report in which it stands."""
CAN_BE_EXEMPTED = (
    "A round in which more than the largest share of an arm had, or lacked, the "
    "interview is hidden whole (rule 3). Where that is a count by design, the data "
    "owner can exempt the table by its name, {}, with rule and reason, among the "
    "`exemptions` of the settings; the numbers then stand here."
)
IN_WORDS = (
    FindingsTable,
    FunnelTable,
    GroupsTable,
    WeightedEffectsTable,
    WeightsTable,
)
"""Tables that stand as released, with several columns of words."""
OF_CONTACTS = "Per cents are of the contacts in the row."
OF_BALANCE = (
    "p: Pearson's chi-square over all categories, without continuity correction; who "
    "is in no category is left out of the test, and p is not shown where a count of "
    "the characteristic is not. Per cents are of the arm."
)


def sections(release: Release, labels: Labels) -> dict[str, list[ShownTable]]:
    """Lay the plan's tables out for reading.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        Section (`arms`, `balance`, `services`, `outcomes`, `attrition`,
        `coefficients`, `weights`) to its tables, in the plan's order.
    """
    found: dict[str, list[ShownTable]] = {name: [] for name in SECTIONS.values()}
    for table in release.tables:
        # A course is drawn, not printed: one row per period and kind is for a file.
        if table.plan.kind == "course":
            continue
        shown = _shown(table, release, labels)
        found[_section(table.plan)].append(shown)
    return found


def _section(plan: ReleasedTable) -> str:
    """Return the section of a table: what persons did later is no balance."""
    if isinstance(plan, GroupsTable) and plan.outcomes:
        return "services"
    return SECTIONS[plan.kind]


def _shown(table: LaidTable, release: Release, labels: Labels) -> ShownTable:
    (head, groups), note = _laid(table, release, labels)
    own = f"{table.name}_note"
    told = labels.of(own) if own in labels.plan.labels else ""
    notes = tuple(text for text in (told, note, table.legend) if text)
    title, n_words = labels.of(table.name), _n_words(table)
    return ShownTable(table.name, title, head, groups, notes, n_words)


def _laid(table: LaidTable, release: Release, labels: Labels) -> tuple[Laid, str]:
    """Return headings and rows, and the sentence that such a table needs."""
    note = ""
    match table.plan:
        case ContactsTable() as plan:
            laid = contacts_by_arm(table, plan, labels)
            note = f"{OF_CONTACTS} {sizes_note(release, labels)}"
        case RoundsTable():
            laid, note = rounds_by_arm(table, labels), rounds_note(labels)
            if any(HIDDEN in row.numbers.values() for row in table.rows):
                note = f"{note} {CAN_BE_EXEMPTED.format(table.name)}"
        case BalanceTable() as plan:
            laid = balance_by_arm(table, plan, labels)
            note = f"{OF_BALANCE} {sizes_note(release, labels)}"
        case ModelsTable() as plan:
            head, groups = models_side_by_side(table, plan, labels)
            laid = (head, tuple(Group(title, rows) for title, rows in groups))
            note = models_note(plan, labels)
        case EffectsTable(against=None) as plan:
            laid = effects_by_arm(table, plan, labels)
            note = effects_note(plan, labels)
        case ArmSizesTable():
            laid = arm_sizes(table, release, labels)
        case _:
            laid, note = as_released(table, labels), _released_note(table, labels)
    return laid, note


def _released_note(table: LaidTable, labels: Labels) -> str:
    if isinstance(table.plan, WeightsTable):
        return weights_note(table, table.plan, labels)
    if isinstance(table.plan, WeightedEffectsTable):
        return weighted_effects_note(table.plan, labels)
    return ""


def _n_words(table: LaidTable) -> int:
    """Return how many columns of words a table has where it stands as released."""
    if isinstance(table.plan, IN_WORDS):
        return len(table.headings) - is_grouped(table)
    return 1
