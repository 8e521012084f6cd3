"""Exits, interviews and time at risk in pieces, persons of one kind put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.durations.risk_sets import refuse, unknown_causes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.durations import InterviewSpells

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]

FEWEST_EVENTS = 5
"""Fewest exits of a kind, or interviews, in each piece of the baseline."""
FEWEST_TREATED = 10
"""Fewest exits of a kind after an interview, and before or without one."""


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """One hazard: of an exit, or of the interview.

    Attributes:
        name: Kind of exit, or `interview`.
        happened: Shape (n,): 1 where it happened.
        piece: Shape (n,): the piece in which it did; 0 where it did not.
        is_after: Shape (n,): 1 where it happened after the interview.
        before: Shape (n, pieces): time at risk before the interview.
        after: Shape (n, pieces): time at risk after it.
        covariates: Shape (n, k), centred and in standard deviations.
        names: Names of the k covariates.
        scale: Shape (k,): their standard deviations.
        has_effect: Whether the interview may change it.
    """

    name: str
    happened: Floats
    piece: Ints
    is_after: Floats
    before: Floats
    after: Floats
    covariates: Floats
    names: tuple[str, ...]
    scale: Floats
    has_effect: bool

    @property
    def pieces(self) -> int:
        """Pieces of the baseline."""
        return int(self.before.shape[1])

    @property
    def size(self) -> int:
        """Coefficients: pieces but the first, covariates, the effect."""
        return self.pieces - 1 + len(self.names) + self.has_effect


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """All hazards of all cells; a cell is persons who are alike in everything seen.

    Attributes:
        risks: The exits, then the interview.
        count: Shape (n,): persons in each cell.
    """

    risks: tuple[Risk, ...]
    count: Floats


def centre_whole_units(spells: InterviewSpells) -> InterviewSpells:
    """Place exits and interviews, known by the day, where in the day they are expected.

    A day known only as a whole number is over-counted by half for everyone who leaves
    in it, which at many persons is seen as an effect. Of one event in a day, the
    middle is expected; of two, an interview and the exit after it, a third and two
    thirds of the day (the means of two ordered uniform moments). Someone who has not
    left is at risk to the end of the last day.

    Args:
        spells: Times in whole days (or weeks): the number of the day, counted from 1.
            An interview on the day of an exit was held before it.

    Returns:
        The same spells with times inside the days.

    Raises:
        EstimationError: Times are not whole numbers.
    """
    times = np.concatenate([spells.time, spells.interview[~np.isnan(spells.interview)]])
    broken = int((times != np.round(times)).sum())
    refuse(
        [f"{broken} time(s) are not whole {spells.unit}s"] if broken else [], "Times"
    )
    left = spells.cause > 0
    same = left & (spells.interview == spells.time)
    third = 1 / 3
    return replace(
        spells,
        time=spells.time - np.where(same, third, np.where(left, 0.5, 0.0)),
        interview=spells.interview - np.where(same, 2 * third, 0.5),
    )


def expose(
    spells: InterviewSpells,
    *,
    breaks: Sequence[float],
    interview_breaks: Sequence[float],
) -> Exposure:
    """Split every person's time into pieces, before and after the interview.

    The effect begins just after the interview: an exit at its very moment counts as
    one before it.

    Args:
        spells: One row per person.
        breaks: Where a new piece of the exits' baseline begins, after 0.
        interview_breaks: The same for the interview's.

    Returns:
        The exposures, by cell.

    Raises:
        EstimationError: A time, cause or covariate can't be used; a piece has too few
            exits or interviews; too few leave before, or after, an interview. All at
            once, with counts.
    """
    _require_spells(spells)
    cells, count = _collapse(spells)
    columns = cells.covariates
    both = np.column_stack([columns, cells.interview_covariates])
    held = np.isfinite(cells.interview)
    interview = np.where(held, cells.interview, np.inf)
    until = np.minimum(cells.time, interview)
    edges = np.array([0.0, *breaks])
    before, total = _split(until, edges), _split(cells.time, edges)
    scaled, scale = _standardise(columns, count)
    risks = [
        Risk(
            name=name,
            happened=(cells.cause == kind).astype(np.float64),
            piece=_piece(cells.time, edges),
            is_after=(cells.time > interview).astype(np.float64),
            before=before,
            after=np.maximum(total - before, 0.0),
            covariates=scaled,
            names=spells.names,
            scale=scale,
            has_effect=True,
        )
        for kind, name in enumerate(spells.causes, start=1)
    ]
    edges = np.array([0.0, *interview_breaks])
    scaled, scale = _standardise(both, count)
    risks.append(
        Risk(
            name="interview",
            happened=held.astype(np.float64),
            piece=_piece(until, edges),
            is_after=np.zeros(count.size),
            before=_split(until, edges),
            after=np.zeros((count.size, edges.size)),
            covariates=scaled,
            names=(*spells.names, *spells.interview_names),
            scale=scale,
            has_effect=False,
        )
    )
    exposure = Exposure(risks=tuple(risks), count=count)
    _require_events(exposure)
    return exposure


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    time: Floats
    cause: Ints
    interview: Floats
    covariates: Floats
    interview_covariates: Floats


def _collapse(spells: InterviewSpells) -> tuple[_Cells, Floats]:
    """Put persons together who are alike in everything seen."""
    interview = np.where(np.isfinite(spells.interview), spells.interview, -1.0)
    table = np.column_stack(
        [
            spells.time,
            spells.cause,
            interview,
            spells.covariates,
            spells.interview_covariates,
        ]
    )
    rows, count = np.unique(table, axis=0, return_counts=True)
    k = 3 + spells.covariates.shape[1]
    cells = _Cells(
        time=rows[:, 0],
        cause=rows[:, 1].astype(np.int64),
        interview=np.where(rows[:, 2] < 0, np.nan, rows[:, 2]),
        covariates=rows[:, 3:k],
        interview_covariates=rows[:, k:],
    )
    return cells, count.astype(np.float64)


def _split(until: Floats, edges: Floats) -> Floats:
    """Return the time spent in each piece until some moment, shape (n, pieces)."""
    ends = np.append(edges[1:], np.inf)
    spent: Floats = np.clip(until[:, None], edges, ends) - edges
    return spent


def _piece(moment: Floats, edges: Floats) -> Ints:
    """Return the piece of a moment; one on the edge belongs to the piece it ends."""
    found: Ints = np.asarray(np.searchsorted(edges, moment, side="left") - 1)
    return np.maximum(found, 0)


def _standardise(columns: Floats, count: Floats) -> tuple[Floats, Floats]:
    mean = count @ columns / count.sum()
    centred = columns - mean
    scale = np.sqrt(count @ centred**2 / count.sum())
    return centred / np.where(scale > 0, scale, 1.0), scale


def _require_spells(spells: InterviewSpells) -> None:
    faults = unknown_causes(spells.cause, len(spells.causes))
    unusable = int((~np.isfinite(spells.time) | (spells.time <= 0)).sum())
    if unusable:
        faults.append(
            f"time is missing, infinite or not above 0 for {unusable} person(s)"
        )
    held = np.isfinite(spells.interview)
    outside = held & ~((spells.interview > 0) & (spells.interview <= spells.time))
    if np.isinf(spells.interview).any() or outside.any():
        count = int(outside.sum() + np.isinf(spells.interview).sum())
        faults.append(
            f"interview is not after 0 and at most time for {count} person(s)"
        )
    names = (*spells.names, *spells.interview_names)
    columns = np.column_stack([spells.covariates, spells.interview_covariates])
    absent = (~np.isfinite(columns)).sum(axis=0)
    faults += [
        f"{name} is missing or infinite for {count} person(s)"
        for name, count in zip(names, absent, strict=True)
        if count
    ]
    refuse(faults, "The spells")
    with_constant = np.column_stack([np.ones(len(columns)), columns])
    spread = np.abs(with_constant).max(axis=0)
    rank = int(np.linalg.matrix_rank(with_constant / np.where(spread > 0, spread, 1)))
    if rank <= len(names):
        faults = [f"{len(names)} covariates of rank {rank - 1}: leave some out"]
    refuse(faults, "The covariates")


def _require_events(exposure: Exposure) -> None:
    faults = []
    for risk in exposure.risks:
        events = exposure.count * risk.happened
        by_piece = np.bincount(risk.piece, weights=events, minlength=risk.pieces)
        faults += [
            f"{risk.name}: {int(n)} in piece {place} of the baseline; "
            f"{FEWEST_EVENTS} are needed, so join pieces"
            for place, n in enumerate(by_piece, start=1)
            if n < FEWEST_EVENTS
        ]
        if risk.has_effect:
            treated = int(events @ risk.is_after)
            for label, n in (
                ("after", treated),
                ("before or without", int(events.sum()) - treated),
            ):
                if n < FEWEST_TREATED:
                    faults.append(
                        f"{risk.name}: {n} {label} an interview; "
                        f"{FEWEST_TREATED} are needed"
                    )
    refuse(faults, "The spells")
