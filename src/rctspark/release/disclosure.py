"""Apply the data owner's rules to all that leaves: effects and tables of counts.

Rules 1 (cells), 2 (models), 3 (group disclosure), 5 (nothing on single persons), 7 (n
behind every figure) and 8 (a table says how a cell is hidden), and rule 6 (secondary
suppression) inside one table. Dominance (rule 4) needs single contributions, which
never come here: which sums one person dominates is found where they are summed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rctspark.config.plan import (
    ContactCountOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    JobQualityOutcome,
    PanelOutcome,
    PerRoundOutcome,
    ReentryOutcome,
)
from rctspark.errors import DisclosureError, listed
from rctspark.release.audit import Mark
from rctspark.release.sums import cell, one_way, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect

HIDDEN = "x"
"""How a number stands that is hidden to protect another one, or without a range."""
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class WithheldEffect:
    """An effect that stays inside: which one and why, and no number of it."""

    site: str
    population: str
    outcome: str
    horizon: int
    arm: str
    against: str
    estimand: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScreenedEffects:
    """Effects sorted into what may leave and what may not.

    Attributes:
        kept: May leave, in the order given.
        withheld: Stay inside, with the reason.
    """

    kept: tuple[Effect, ...]
    withheld: tuple[WithheldEffect, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Reason to number of effects withheld for it."""
        return dict(Counter(w.reason for w in self.withheld))


def yes_no_outcomes(plan: Plan) -> frozenset[str]:
    """Name the outcomes that are yes or no for each person (and period).

    Their means are shares of persons, so a mean and its n give two counts of
    persons. A panel outcome in shares is taken for one: the plan can't say more.

    Args:
        plan: The analysis plan.

    Returns:
        Names of outcomes.
    """
    counted = (
        ExitOutcome | ExitToJobOutcome | PanelOutcome | ReentryOutcome | PerRoundOutcome
    )
    return frozenset(
        o.name
        for o in plan.outcomes
        if (isinstance(o, counted) and o.unit == "share")
        or (isinstance(o, JobQualityOutcome) and o.measure == "first_job_permanent")
        or (isinstance(o, ContactCountOutcome) and o.measure == "any")
    )


def screen_effects(
    effects: Iterable[Effect],
    thresholds: Thresholds,
    *,
    yes_no: frozenset[str] = frozenset(),
    enrolled: Mapping[str, int] | None = None,
    dominated: frozenset[tuple[str, str, int, str]] = frozenset(),
) -> ScreenedEffects:
    """Sort effects into those that may leave and those that may not.

    All models of one contrast stand or fall together: they rest on the same persons,
    and an adjusted effect gives an unadjusted one away. A difference of two shares
    and its standard error give both shares, so where a share may not be shown the
    whole effect stays inside, not only the mean.

    Args:
        effects: Effects as estimated.
        thresholds: Thresholds of the data owner.
        yes_no: Outcomes whose means are shares of persons (`yes_no_outcomes`).
        enrolled: Arm to everyone enrolled, where a reader knows it: an effect on all
            but a few of an arm tells those few apart. None: not looked at.
        dominated: Population, outcome, horizon and arm of means in which one person
            weighs too much.

    Returns:
        The effects kept, and those withheld with the reason.
    """
    effects = tuple(effects)
    contrasts = defaultdict(list)
    for effect in effects:
        contrasts[_contrast(effect)].append(effect)
    reasons = {
        contrast: _dominance(same[0], dominated)
        or _reason(same, thresholds, yes_no, enrolled or {})
        for contrast, same in contrasts.items()
    }
    kept = tuple(e for e in effects if not reasons[_contrast(e)])
    return ScreenedEffects(
        kept,
        tuple(
            WithheldEffect(*_contrast(e), e.model, reasons[_contrast(e)])
            for e in effects
            if reasons[_contrast(e)]
        ),
    )


def _dominance(e: Effect, dominated: frozenset[tuple[str, str, int, str]]) -> str:
    sides = [(e.population, e.outcome, e.horizon, arm) for arm in (e.arm, e.against)]
    is_told = any(side in dominated for side in sides)
    return "one person weighs too much in the mean of an arm" if is_told else ""


def _contrast(e: Effect) -> tuple[str, str, str, int, str, str, str]:
    return (
        e.site,
        e.population,
        e.outcome,
        e.horizon,
        e.arm,
        e.against,
        e.estimand,
    )


def _reason(
    effects: Sequence[Effect],
    thresholds: Thresholds,
    yes_no: frozenset[str],
    enrolled: Mapping[str, int],
) -> str:
    """Return why these models of one contrast may not leave; empty: they may."""
    fewest = thresholds.minimum_persons
    if any(min(e.n_arm, e.n_against) < fewest for e in effects):
        return f"fewer than {fewest} persons in an arm"
    if any(e.n_total - e.rank < thresholds.minimum_df for e in effects):
        return f"fewer than {thresholds.minimum_df} residual degrees of freedom"
    if any(_misses_few(e, enrolled, fewest) for e in effects):
        return f"not observed for a few persons (fewer than {fewest}) of an arm"
    return _share_reason(effects, thresholds) if effects[0].outcome in yes_no else ""


def _share_reason(effects: Sequence[Effect], thresholds: Thresholds) -> str:
    """Return what the arms' shares would disclose; empty: nothing."""
    fewest = thresholds.minimum_persons
    # The plainest model comes nearest to the arm's own mean.
    plainest = min(effects, key=lambda e: e.rank)
    shares = (
        (plainest.mean_against, plainest.n_against),
        (plainest.mean_against + plainest.estimate, plainest.n_arm),
    )
    if any(0 < round(side) < fewest for m, n in shares for side in (m * n, n - m * n)):
        return f"fewer than {fewest} persons of an arm have, or lack, the outcome"
    if any(max(m, 1 - m) > thresholds.maximum_share for m, _ in shares):
        share = f"{thresholds.maximum_share:.0%}"
        return f"more than {share} of an arm have, or lack, the outcome"
    return ""


def _misses_few(effect: Effect, enrolled: Mapping[str, int], fewest: int) -> bool:
    if effect.population != "all" or effect.site != "all":
        return False
    sides = ((effect.arm, effect.n_arm), (effect.against, effect.n_against))
    return any(0 < enrolled.get(arm, n) - n < fewest for arm, n in sides)


@dataclass(frozen=True, slots=True, eq=False)
class ScreenedCounts:
    """A table of counts as it may leave.

    Attributes:
        display: The table with its margins, every cell as text.
        marks: How each cell stands, in the same shape.
        legend: What the signs in it mean; empty: nothing is hidden.
    """

    display: pd.DataFrame
    marks: pd.DataFrame
    legend: str = field(default="")

    @property
    def n_hidden(self) -> int:
        """Cells that are not shown."""
        return int((self.marks != Mark.SHOWN).to_numpy().sum())


def screen_counts(
    table: pd.Series[int] | pd.DataFrame,
    thresholds: Thresholds,
    *,
    known: frozenset[str] = frozenset(),
) -> ScreenedCounts:
    """Screen a one-way or two-way table of counts of persons, margins added.

    A count of zero is shown as 0 (there is nobody behind it), unless it discloses
    the rest: where it leaves more than the largest share of a row or column in one
    category, both are hidden.

    Args:
        table: Persons per category, or per row and column; without margins.
        thresholds: Thresholds of the data owner.
        known: Cells that stay shown (`name`, or `row | column`).

    Returns:
        The table with totals; hidden cells as `<10` or `x`.

    Raises:
        DisclosureError: The table has a label twice, a label `total`, or counts that
            are not whole and positive; or it can't be made safe.
    """
    frame = table.to_frame("persons") if isinstance(table, pd.Series) else table
    rows, columns = [str(r) for r in frame.index], [str(c) for c in frame.columns]
    numbers = _whole_numbers(frame, rows, columns)
    counts = {
        (r, c): int(numbers[i, j])
        for i, r in enumerate(rows)
        for j, c in enumerate(columns)
    }
    if isinstance(table, pd.Series):
        sums = one_way({r: counts[r, "persons"] for r in rows}, total=TOTAL)
        names = [[r] for r in (*rows, TOTAL)]
    else:
        sums = two_way(counts, rows=rows, columns=columns, total=TOTAL)
        columns = [*columns, TOTAL]
        names = [[cell(r, c) for c in columns] for r in (*rows, TOTAL)]
    marks = suppress(sums, thresholds, known=known)
    shown = displayed(sums.counts, marks, thresholds)
    index = [*rows, TOTAL]
    return ScreenedCounts(
        pd.DataFrame([[shown[n] for n in row] for row in names], index, columns),
        pd.DataFrame([[marks[n] for n in row] for row in names], index, columns),
        legend(marks.values(), thresholds),
    )


def _whole_numbers(
    frame: pd.DataFrame, rows: list[str], columns: list[str]
) -> NDArray[np.int64]:
    faults = []
    for what, labels in (("row", rows), ("column", columns)):
        if len(set(labels)) < len(labels) or TOTAL in labels:
            faults.append(f"a {what}'s label stands twice, or is '{TOTAL}'")
    numbers = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    if not ((numbers >= 0) & (numbers % 1 == 0)).all():
        faults.append("a count is missing, negative or not whole")
    if faults:
        raise DisclosureError(f"A table can't be screened:\n{listed(faults)}")
    return numbers.astype(np.int64)


def displayed(
    counts: Mapping[str, int], marks: Mapping[str, Mark], thresholds: Thresholds
) -> dict[str, str]:
    """Write each number as it may be read: `1234`, `<10` or `x`."""
    signs = {Mark.BELOW: f"<{thresholds.minimum_persons}", Mark.HIDDEN: HIDDEN}
    return {name: signs.get(marks[name], str(counts[name])) for name in counts}


def legend(marks: Iterable[Mark], thresholds: Thresholds) -> str:
    """Say in words how cells are hidden (rule 8); empty where none is."""
    used = set(marks)
    fewest = thresholds.minimum_persons
    words = {
        Mark.BELOW: f"<{fewest}: from 1 to {fewest - 1} persons.",
        Mark.HIDDEN: f"{HIDDEN}: not shown, because it is a small number or nearly all "
        "of its row or column, or because such a number could be computed from it.",
    }
    return " ".join(text for mark, text in words.items() if mark in used)
