"""Apply the data owner's rules to tables of counts.

Rules 1 (cells), 3 (group disclosure), 5 (nothing on single persons), 7 (n behind every
figure) and 8 (a table says how a cell is hidden), and rule 6 (secondary suppression)
inside one table. Dominance (rule 4) needs single contributions, which never come here:
which sums one person dominates is found where they are summed. Effects are screened in
`effect_screening`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rctspark.errors import DisclosureError, listed
from rctspark.release.audit import Mark
from rctspark.release.sums import cell, one_way, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from rctspark.config import Thresholds

HIDDEN = "x"
"""How a number stands that is hidden to protect another one, or without a range."""
TOTAL = "total"


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
