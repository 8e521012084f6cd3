"""Means and net effects as a reader meets them, treatment beside treatment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.release.labels import lower
from rctspark.release.numerals import MINUS, fixed
from rctspark.release.publication.shown_table import Group, Laid
from rctspark.release.signs import level_words

if TYPE_CHECKING:
    from rctspark.config.plan import EffectsTable
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Row


def effects_by_arm(table: LaidTable, plan: EffectsTable, labels: Labels) -> Laid:
    """Write the means of treatment and control and the net effect, arm by arm."""
    control, *treatments = labels.plan.arms.all
    head = ["Outcome"]
    for arm in treatments:
        head += [labels.of(arm), labels.of(control), "Net effect"]
    head += [f"n {lower(labels.of(arm))}" for arm in (*treatments, control)]
    groups = []
    for population in plan.populations:
        rows = []
        for row in table.rows:
            if row.headings["population"] != population:
                continue
            cells = [_words_of(row, plan, labels)]
            for arm in treatments:
                sign, effect = row.numbers[f"stars {arm}"], row.numbers[f"effect {arm}"]
                net = effect.replace("-", MINUS) + (sign if effect != "x" else "")
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


def effects_note(plan: EffectsTable, labels: Labels) -> str:
    """Say how the effects of a table were estimated, and what its signs mean."""
    signs = "; ".join(level_words(level, labels) for level in plan.stars)
    told = f" {signs} (two-sided tests)." if signs else ""
    return (
        "Net effect: the treatment's mean minus that of "
        f"{lower(labels.of(labels.plan.arms.control))}, before rounding; model: "
        f"{lower(labels.of(plan.model))}; standard errors "
        f"{labels.plan.inference.covariance}.{told} n: persons whose outcome is "
        "observed; of a part of those enrolled, rounded to tens."
    )
