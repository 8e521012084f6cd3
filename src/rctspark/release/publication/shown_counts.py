"""Counts by arm as a reader meets them: each with its share of the arm, or of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan import FollowUpOutcome, RoundsTable
from rctspark.release.labels import lower
from rctspark.release.numerals import fixed, p_text, persons
from rctspark.release.publication.shown_table import Group, Laid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.config.plan import BalanceTable, ContactsTable
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Row
    from rctspark.release.released import Release


def arm_sizes(table: LaidTable, release: Release, labels: Labels) -> Laid:
    """Write how many persons each arm has, and their mean time of observation."""
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


def contacts_by_arm(table: LaidTable, plan: ContactsTable, labels: Labels) -> Laid:
    """Write contacts by arm, each with its per cent of the contacts in the row."""
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


def rounds_by_arm(table: LaidTable, labels: Labels) -> Laid:
    """Write who had the interview of a round, per cent of those still in benefit."""
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


def rounds_note(labels: Labels) -> str:
    """Say when the interviews of the rounds are due."""
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


def balance_by_arm(table: LaidTable, plan: BalanceTable, labels: Labels) -> Laid:
    """Write the categories of each characteristic, with the p-value of their test."""
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
        told = _test_words(tests[heading]) if heading in tests else ""
        groups.append(Group(f"{labels.of(line.covariate)}{told}", tuple(rows)))
    return _arm_heads("Characteristic", labels), tuple(groups)


def _test_words(p_value: float | None) -> str:
    """Write a p-value; it stays inside beside a count that does."""
    return " (p not shown)" if p_value is None else f" (p = {p_text(p_value)})"


def _arm_heads(first: str, labels: Labels) -> tuple[str, ...]:
    arms = labels.plan.arms.all
    return (first, *(t for arm in arms for t in (labels.of(arm), "%")))


def sizes_note(release: Release, labels: Labels) -> str:
    """Say how many persons each arm has."""
    sizes = [
        f"{persons(arm.persons)} {lower(labels.of(arm.arm))}"
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
