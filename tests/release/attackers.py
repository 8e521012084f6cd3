"""What a reader can compute from what is released, and should not be able to.

Nothing here knows more than released tables say: of effects estimate, standard error,
persons of both arms and mean of control; of tables the cells that are shown.
"""

from __future__ import annotations

from itertools import pairwise
from math import isnan, sqrt
from typing import TYPE_CHECKING, NamedTuple

from rctspark.release.audit import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rctspark.config import Thresholds
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.sums import Sums

SIGNS = {"x", "<10"}


class Shown(NamedTuple):
    """An effect as it is released; a mean that is not shown is not a number."""

    estimate: float
    std_error: float
    n_arm: int
    n_against: int
    mean_against: float


def solve_shares(e: Shown) -> list[tuple[float, float]]:
    """Solve an effect and its standard error for the shares of control and arm.

    The square of the error is p(1 - p) / n of one arm plus that of the other, and the
    effect is the difference: a quadratic equation, near enough also where covariates
    explain little of the outcome.
    """
    arm, control, d = 1 / e.n_arm, 1 / e.n_against, e.estimate
    a = -(arm + control)
    b = (1 - 2 * d) * arm + control
    c = d * (1 - d) * arm - e.std_error**2
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    roots = [(-b + sign * sqrt(inside)) / (2 * a) for sign in (1, -1)]
    return [(p, p + d) for p in roots if 0 <= p <= 1 and 0 <= p + d <= 1]


def counts_given_away(
    e: Shown, truth: tuple[int, int], thresholds: Thresholds
) -> Iterator[int]:
    """Go through the hidden numbers of persons that an effect gives, nearly.

    Args:
        e: The effect as released.
        truth: Persons of control and of the arm who have the outcome.
        thresholds: Thresholds of the data owner.

    Yields:
        The persons of an arm who have (or lack) the outcome, where the rules hide them
        and the reader who solves for them is less than a tenth off.
    """
    sides = (e.n_against, e.n_arm)
    for place, n in enumerate(sides):
        rare = min(truth[place], n - truth[place])
        is_hidden = rare < thresholds.minimum_persons or rare < n * (
            1 - thresholds.maximum_share
        )
        guesses = [min(s[place], 1 - s[place]) * n for s in solve_shares(e)]
        if is_hidden and any(abs(g - rare) <= max(0.1 * rare, 0.5) for g in guesses):
            yield rare


def is_without_variance(e: Shown) -> bool:
    """Say whether a released effect says that everyone of an arm has one amount."""
    is_nothing = not isnan(e.mean_against) and 0 in (
        e.mean_against,
        round(e.mean_against + e.estimate, 12),
    )
    return e.std_error == 0 or is_nothing


def persons_told_apart(texts: Iterable[str]) -> list[int]:
    """Find the numbers of persons in lines of a log that are no multiple of ten."""
    found = []
    for text in texts:
        words = text.replace(",", "").split()
        numbers = [
            word for word, of in pairwise(words)
            if word.isdigit() and of.strip(".;:") in {"persons", "left"}
        ]  # fmt: skip
        found += [int(word) for word in numbers if int(word) % 10]
    return found


def hidden_cells(table: LaidTable) -> set[tuple[str, str]]:
    """Name the cells of a released table that are not shown: row and column."""
    return {
        (table.key(row), word)
        for row in table.rows
        for word, text in row.numbers.items()
        if text in SIGNS
    }


def marks_of(table: LaidTable, sums: Sums, part: str) -> dict[str, Mark]:
    """Say what a reader sees of the numbers of a part: cells, and the arms' sizes."""
    shown: dict[Mark, set[str]] = {Mark.SHOWN: set(), Mark.BELOW: set()}
    for row in table.rows:
        label = " | ".join(
            t for w, t in row.headings.items() if w not in {"characteristic", "round"}
        )
        if part and part not in row.headings.values():
            continue
        for arm, text in row.numbers.items():
            name = f"{label} | {arm}"
            if text == "<10":
                shown[Mark.BELOW].add(name)
            elif text != "x":
                shown[Mark.SHOWN].add(name)
    return {
        name: Mark.SHOWN
        if name in shown[Mark.SHOWN] or name.startswith("total | ")
        else Mark.BELOW
        if name in shown[Mark.BELOW]
        else Mark.HIDDEN
        for name in sums.counts
    }
