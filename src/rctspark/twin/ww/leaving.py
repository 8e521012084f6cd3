"""How many persons leave when, and how many of them for a job: whole numbers.

The months since benefit start are cut into stretches, at the published horizons and at
the days on which the rounds of interviews are due. Each sex of each arm has its number
of persons who leave in each stretch, such that all published shares, net effects and
numbers of persons still in benefit come out at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.published import EXITS
from rctspark.twin.ww.rounding import choose_counts, printed
from rctspark.twin.ww.targets import ARMS, HORIZONS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Ints

COLUMNS = ("basic_pct", "intensive_pct", "net_effect_pp")
EARLY = np.array([[1894, 1758], [1391, 1476], [1, 1]])
"""Men, women, unknown of each arm who are observed for 15 months (70 per cent).

Men came into benefit later in the year than women. That is what the published shares
at 15 months say: with equal shares of both sexes those of all don't follow from those
of men and women."""
UNKNOWN_LEAVES = (0, 1)
"""Persons of unknown sex who leave, by arm, between month 9 and month 12: without
this one the shares of all at 12 months don't follow from those of men and women."""

MARKS: tuple[int | str, ...] = ("due4", 6, "due7", 9, "due10", 12, "due12", 15)
"""Ends of the stretches: days due of the rounds, and horizons in months."""
OPEN_END = len(MARKS)
"""Number of the stretch after the last mark that a person can be observed at."""

# Parts of those leaving who leave for a job, by arm, where no published figure says
# it. The intensive arm finds its jobs early after month 6 and late before month 12,
# so that the round of month 10 shows an effect and the round of month 7 hardly one.
TO_JOB_MONTH_6_TO_DUE_7 = (0.40, 0.70)
TO_JOB_MONTH_9_TO_DUE_10 = (0.45, 0.52)
TO_JOB_LATE = 0.2
LEAST_LATE_TO_JOB = 0.010
"""Part of those observed for 15 months who leave for a job after month 12, at least."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Persons who leave in each stretch up to the last mark that is observed.

    Attributes:
        exits: Persons who leave, by stretch.
        to_job: Those of them who leave for a job.
    """

    exits: tuple[int, ...]
    to_job: tuple[int, ...]


@cache
def planned_leaving() -> dict[tuple[int, int, bool], Leaving]:
    """Plan who leaves when.

    Returns:
        Place of the arm, place of the sex (0 men, 1 women), and whether observed for
        15 months, to numbers of persons.
    """
    sizes = sizes_by_sex()
    exits, to_job = (_by_horizon(outcome) for outcome in ("exit", "exit_to_job"))
    plan = {}
    for arm in range(2):
        gone = _gone_when_due(arm, sizes, exits)
        for sex in range(2):
            whole = {h: int(exits[h][sex, arm]) for h in HORIZONS}
            jobs = {h: int(to_job[h][sex, arm]) for h in HORIZONS}
            left = _interleaved(whole, gone[sex])
            found = _jobs_at_marks(arm, left, jobs)
            share = EARLY[sex, arm] / sizes[sex, arm]
            early = np.rint(left * share).astype(int)
            # Few leave for a job after month 12, so those observed for 15 months
            # must have found fewer until then.
            least = round(LEAST_LATE_TO_JOB * EARLY[sex, arm])
            by_12 = min(round(jobs[12] * share), jobs[15] - least)
            early_jobs = np.rint(found * by_12 / jobs[12]).astype(int)
            plan[arm, sex, True], plan[arm, sex, False] = _split(
                (left, found), (early, early_jobs), (whole[15], jobs[15])
            )
    return plan


def sizes_by_sex() -> Ints:
    """Return men, women and unknown (rows) of each arm (columns)."""
    order = (1, 2, 0)
    return np.array([[arm.sex[place] for arm in ARMS] for place in order])


def _by_horizon(outcome: str) -> dict[int, Ints]:
    chosen = {}
    for months in HORIZONS:
        wanted = printed(EXITS, COLUMNS, outcome=outcome, horizon_months=str(months))
        is_out = outcome == "exit" and months >= 12  # noqa: PLR2004 (months)
        chosen[months] = choose_counts(
            EARLY if months == HORIZONS[-1] else sizes_by_sex(),
            wanted,
            unknown=UNKNOWN_LEAVES if is_out else (0, 0),
        )
    return chosen


def _gone_when_due(arm: int, sizes: Ints, exits: dict[int, Ints]) -> Ints:
    """Split those gone when each round is due by sex, as far as both sexes have got."""
    at = {months: exits[months][:2, arm] for months in (6, 9, 12)}
    later = np.rint(exits[15][:2, arm] / EARLY[:2, arm] * sizes[:2, arm]).astype(int)
    later = np.maximum(later - at[12], 0)
    spans = (
        (0 * at[6], at[6]),
        (at[6], at[9] - at[6]),
        (at[9], at[12] - at[9]),
        (at[12], later),
    )
    gone = np.zeros((2, len(spans)), dtype=int)
    for place, (before, within) in enumerate(spans):
        total = ARMS[arm].persons - ARMS[arm].rounds[place].due
        # Of unknown sex, those who leave are gone from the last round on.
        total -= UNKNOWN_LEAVES[arm] if place == len(spans) - 1 else 0
        part = (total - before.sum()) / within.sum()
        men = int(before[0] + round(part * within[0]))
        gone[:, place] = men, total - men
    return gone


def _interleaved(whole: dict[int, int], gone: Ints) -> Ints:
    """Return how many have left at each mark up to the last round."""
    return np.array([gone[0], whole[6], gone[1], whole[9], gone[2], whole[12], gone[3]])


def _jobs_at_marks(arm: int, left: Ints, jobs: dict[int, int]) -> Ints:
    """Return how many have left for a job at each of these marks but the last."""
    steps = np.diff(left)
    found = [
        round(jobs[6] * left[0] / left[1]),
        jobs[6],
        min(jobs[6] + round(TO_JOB_MONTH_6_TO_DUE_7[arm] * steps[1]), jobs[9]),
        jobs[9],
        min(jobs[9] + round(TO_JOB_MONTH_9_TO_DUE_10[arm] * steps[3]), jobs[12]),
        jobs[12],
    ]
    return np.array(found)


def _split(
    cell: tuple[Ints, Ints], early: tuple[Ints, Ints], at_15: tuple[int, int]
) -> tuple[Leaving, Leaving]:
    """Turn numbers at the marks into numbers per stretch, for early and late starts."""
    exits, to_job = (np.diff(early[n], prepend=0) for n in range(2))
    last_exits = at_15[0] - early[0][-1]
    last_jobs = at_15[1] - early[1][-1]
    in_between = min(
        round(last_jobs * exits[-1] / (exits[-1] + last_exits) / 2), last_jobs
    )
    one = Leaving(
        exits=(*map(int, exits), int(last_exits)),
        to_job=(*map(int, to_job), int(in_between), int(last_jobs - in_between)),
    )
    late_exits, late_jobs = (np.diff(cell[n] - early[n], prepend=0) for n in range(2))
    other = Leaving(
        exits=tuple(map(int, late_exits)),
        to_job=(*map(int, late_jobs), round(TO_JOB_LATE * int(late_exits[-1]))),
    )
    for leaving in (one, other):
        pairs = zip(leaving.exits, leaving.to_job, strict=True)
        assert all(0 <= found <= gone for gone, found in pairs)  # noqa: S101 (a plan)
    return one, other
