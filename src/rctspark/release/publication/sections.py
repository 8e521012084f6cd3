"""The plan's tables as a reader meets them in the report, with shares and n."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    BalanceTable,
    BoundsTable,
    ContactsTable,
    EffectsTable,
    FindingsTable,
    FitTable,
    FollowUpOutcome,
    FunnelTable,
    GroupsTable,
    ModelsTable,
    ReliabilityTable,
    RoundsTable,
)
from rctspark.release.numerals import MINUS, fixed, p_text, persons
from rctspark.release.publication.shown_models import models_side_by_side
from rctspark.release.publication.shown_table import Group, ShownTable
from rctspark.release.wording import lower

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config.plan import ReleasedTable, StarLevel
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Row
    from rctspark.release.released import Release

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ROUNDED_OFF = re.compile(r"0\.0+")
"""How names stand in a plan and in released files."""
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
}
"""Kind of table to the section of the report in which it stands."""


def sections(release: Release, labels: Labels) -> dict[str, list[ShownTable]]:
    """Lay the plan's tables out for reading.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        Section (`arms`, `balance`, `services`, `outcomes`, `attrition`,
        `coefficients`) to its tables, in the plan's order.
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
    plan = table.plan
    notes = [table.legend] if table.legend else []
    if isinstance(plan, ContactsTable):
        head, groups = _contacts(table, plan, labels)
        notes.insert(
            0, "Per cents are of the contacts in the row. " + _sizes(release, labels)
        )
    elif isinstance(plan, RoundsTable):
        head, groups = _rounds(table, labels)
        notes.insert(0, _rounds_note(labels))
    elif isinstance(plan, BalanceTable):
        head, groups = _balance(table, plan, labels)
        notes.insert(
            0,
            "p: Pearson's chi-square over all categories, without continuity "
            "correction; who is in no category is left out of the test. Per cents "
            "are of the arm. " + _sizes(release, labels),
        )
    elif isinstance(plan, ModelsTable):
        head, laid = models_side_by_side(table, plan, labels)
        groups = tuple(Group(title, rows) for title, rows in laid)
        notes.insert(0, _models_note(plan, labels))
    elif isinstance(plan, AS_RELEASED) or (
        isinstance(plan, EffectsTable) and plan.against is not None
    ):
        head, groups = _as_released(table, labels)
    elif isinstance(plan, EffectsTable):
        head, groups = _effects(table, plan, labels)
        notes.insert(0, _effects_note(plan, labels))
    else:
        head, groups = _arm_sizes(table, release, labels)
    own = f"{table.name}_note"
    if own in labels.plan.labels:
        notes.insert(0, labels.of(own))
    title, n_words = labels.of(table.name), _n_words(table)
    return ShownTable(table.name, title, head, groups, tuple(notes), n_words)


def _n_words(table: LaidTable) -> int:
    """Return how many columns of words a table has where it stands as released."""
    if isinstance(table.plan, (FindingsTable, FunnelTable, GroupsTable)):
        return len(table.headings) - _is_grouped(table)
    return 1


def _is_grouped(table: LaidTable) -> bool:
    """Say whether the first heading stands above several rows."""
    return isinstance(table.plan, GroupsTable) and len(table.headings) > 1


AS_RELEASED = (
    FunnelTable,
    GroupsTable,
    FindingsTable,
    ReliabilityTable,
    FitTable,
    BoundsTable,
)
"""Kinds of tables that read as they stand in their file."""


def _is_against_others(plan: ReleasedTable) -> bool:
    return isinstance(plan, EffectsTable) and plan.against is not None


def _models_note(plan: ModelsTable, labels: Labels) -> str:
    signs = "; ".join(_star_words(level, labels) for level in plan.stars)
    return (
        f"Coefficient{' and sign' if signs else ''} (standard error, "
        f"{labels.plan.inference.covariance}), in the units of outcome and covariate; "
        "of a logit in log odds, R\N{SUPERSCRIPT TWO} McFadden's. Categories are "
        f"compared with the first of their covariate. {signs}{'.' * bool(signs)}"
    )


def _as_released(table: LaidTable, labels: Labels) -> Laid:
    """Show a table as it stands in its file, with words for names of the plan."""
    head = tuple(_in_words(c, labels) for c in table.plan.columns)
    rows = [
        tuple(
            _in_words(text, labels)
            if column in table.headings
            else _number(text, column)
            for column, text in table.line(row).items()
        )
        for row in table.rows
    ]
    if not _is_grouped(table):
        return head, (Group("", tuple(rows)),)
    groups = [
        Group(title, tuple(row[1:] for row in rows if row[0] == title))
        for title in dict.fromkeys(row[0] for row in rows)
    ]
    return head[1:], tuple(groups)


def _number(text: str, column: str) -> str:
    """Write a number of a file for reading: thousands apart, a true minus sign.

    A p-value that a file rounds to nothing is small, and not zero.
    """
    if column == "p" and ROUNDED_OFF.fullmatch(text):
        return f"<{text[:-1]}1"
    return _signed(persons(text))


def _in_words(text: str, labels: Labels) -> str:
    """Return the words for a name; what is no name stays: `55+`, `1`, `Men`."""
    is_name = text in labels.plan.labels or CODE.fullmatch(text) is not None
    return labels.of(text) if is_name else text


Laid = tuple[tuple[str, ...], tuple[Group, ...]]


def _arm_sizes(table: LaidTable, release: Release, labels: Labels) -> Laid:
    months = _mean_observation(release)
    head = ["Arm", "Persons"] + (["Mean observation (months)"] if months else [])
    rows = []
    for row in table.rows:
        arm = row.headings["arm"]
        seen = [fixed(months[arm], 1)] if arm in months else [""] if months else []
        rows.append((labels.of(arm), persons(row.numbers["persons"]), *seen))
    return tuple(head), (Group("", tuple(rows)),)


def _mean_observation(release: Release) -> dict[str, float]:
    """Return each arm's mean time of observation, where the plan measures it."""
    plan = release.plan
    names = {o.name for o in plan.outcomes if isinstance(o, FollowUpOutcome)}
    found: dict[str, float] = {}
    for e in release.effects:
        is_plain = e.population == plan.analyses[0].population and e.rank <= len(
            plan.arms.all
        )
        if e.outcome in names and is_plain:
            found |= {e.against: e.mean_against, e.arm: e.mean_against + e.estimate}
    return found


def _contacts(table: LaidTable, plan: ContactsTable, labels: Labels) -> Laid:
    arms = labels.plan.arms.all
    rows = []
    for row in table.rows:
        label = row.headings["label"]
        words = labels.of(plan.lines.get(label, label))
        cells = [
            text
            for arm in arms
            for text in _with_share(row.numbers[arm], row.numbers["total"])
        ]
        rows.append((words, *cells, persons(row.numbers["total"])))
    return (*_arm_heads("Contact", labels), "Total"), (Group("", tuple(rows)),)


def _rounds(table: LaidTable, labels: Labels) -> Laid:
    arms = labels.plan.arms.all
    groups = []
    for number in dict.fromkeys(row.headings["round"] for row in table.rows):
        own = [row for row in table.rows if row.headings["round"] == number]
        base = {arm: _sum_shown(row.numbers[arm] for row in own) for arm in arms}
        rows = [
            (
                labels.of(_outcome_of(table, row)),
                *(t for a in arms for t in _with_share(row.numbers[a], base[a])),
            )
            for row in own
        ]
        if any(base[arm].isdigit() for arm in arms):
            due = (_with_share(base[arm], base[arm]) for arm in arms)
            rows.append(("Still in benefit", *(t for pair in due for t in pair)))
        groups.append(Group(f"Month {number}", tuple(rows)))
    return _arm_heads("Interview", labels), tuple(groups)


def _outcome_of(table: LaidTable, row: Row) -> str:
    label = row.headings["label"]
    if not isinstance(table.plan, RoundsTable):
        return label
    return table.plan.lines[int(row.headings["round"])].get(label, label)


def _rounds_note(labels: Labels) -> str:
    windows = "; ".join(
        f"month {r.number}, in benefit on day {r.due_day}, interview from day "
        f"{r.first_day} to {r.last_day}"
        for r in labels.plan.rounds
    )
    return (
        "Of those in benefit on the day when the interview is due, who had it in the "
        f"round's window; days since the benefit's start: {windows}. Cancelled and "
        "missed appointments are no interviews."
    )


def _balance(table: LaidTable, plan: BalanceTable, labels: Labels) -> Laid:
    arms = labels.plan.arms.all
    tests = dict(table.tests)
    groups = []
    for heading, line in plan.lines.items():
        own = [row for row in table.rows if row.headings["characteristic"] == heading]
        rows = []
        for row in own:
            category = line.categories[row.headings["category"]]
            size = {a: str(row.persons[a]) for a in arms}
            shares = (t for a in arms for t in _with_share(row.numbers[a], size[a]))
            rows.append((labels.of(category), *shares))
        p_value = tests.get(heading)
        told = f" (p = {p_text(p_value)})" if p_value is not None else ""
        groups.append(Group(f"{labels.of(line.covariate)}{told}", tuple(rows)))
    return _arm_heads("Characteristic", labels), tuple(groups)


def _effects(table: LaidTable, plan: EffectsTable, labels: Labels) -> Laid:
    control, *treatments = labels.plan.arms.all
    head = ["Outcome"]
    for arm in treatments:
        head += [labels.of(arm), labels.of(control), "Net effect"]
    head += [f"n {labels.of(arm).lower()}" for arm in (*treatments, control)]
    groups = []
    for population in plan.populations:
        rows = []
        for row in table.rows:
            if row.headings["population"] != population:
                continue
            cells = [_words_of(row, plan, labels)]
            for arm in treatments:
                sign, effect = row.numbers[f"stars {arm}"], row.numbers[f"effect {arm}"]
                net = _signed(effect) + (sign if effect != "x" else "")
                means = (row.numbers[f"mean {a}"] for a in (arm, control))
                cells += [*means, net]
            cells += [
                fixed(row.persons[a], 0) if a in row.persons else ""
                for a in (*treatments, control)
            ]
            rows.append(tuple(cells))
        groups.append(Group(labels.of(population), tuple(rows)))
    return tuple(head), tuple(groups)


def _words_of(row: Row, plan: EffectsTable, labels: Labels) -> str:
    line = plan.lines[row.headings["label"]]
    words = labels.of(line.outcome)
    unit = labels.outcome(line.outcome).unit
    is_per_cent = unit == "share" and line.factor > 1
    words += " (%)" if is_per_cent else ""
    if not line.horizons:
        return words
    return f"{words}, {labels.horizon(line.outcome, int(row.headings['horizon']))}"


def _effects_note(plan: EffectsTable, labels: Labels) -> str:
    signs = "; ".join(_star_words(level, labels) for level in plan.stars)
    told = f" {signs} (two-sided tests)." if signs else ""
    return (
        "Net effect: the treatment's mean minus that of "
        f"{labels.of(labels.plan.arms.control).lower()}, before rounding; model: "
        f"{lower(labels.of(plan.model))}; standard errors "
        f"{labels.plan.inference.covariance}.{told} n: persons whose outcome is "
        "observed; of a part of those enrolled, rounded to tens."
    )


def _star_words(level: StarLevel, labels: Labels) -> str:
    words = f"{level.sign} p < {level.below:.2f}"
    if not level.populations:
        return words
    return f"{words}, {', '.join(labels.of(p).lower() for p in level.populations)} only"


def _arm_heads(first: str, labels: Labels) -> tuple[str, ...]:
    arms = labels.plan.arms.all
    return (first, *(t for arm in arms for t in (labels.of(arm), "%")))


def _sizes(release: Release, labels: Labels) -> str:
    sizes = [
        f"{persons(arm.persons)} {labels.of(arm.arm).lower()}"
        for arm in sorted(
            release.design.arms, key=lambda a: release.plan.arms.all.index(a.arm)
        )
    ]
    return f"n = {', '.join(sizes)}."


def _with_share(count: str, whole: str) -> tuple[str, str]:
    """Write a count and its per cent; none where either is hidden."""
    if not (count.isdigit() and whole.isdigit() and int(whole)):
        return persons(count), ""
    return persons(count), fixed(100 * int(count) / int(whole), 1)


def _sum_shown(counts: Iterable[str]) -> str:
    texts: Sequence[str] = list(counts)
    if not all(text.isdigit() for text in texts):
        return "x"
    return str(sum(int(text) for text in texts))


def _signed(number: str) -> str:
    return number.replace("-", MINUS)
