"""Persons in arrays and in cells, as sources of sums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.sums import Block, Cells
from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sample import AnalysisSample
    from rctspark.contracts.sums import S

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True, eq=False)
class PersonSums:
    """Persons in arrays.

    Attributes:
        sample: The analysis sample.
        arms: Arms of the regression, control first.
        receipts: Outcomes that the regression has among its columns: what a person
            received.
        weights: Shape (n,), positive weights. None: everyone counts the same.
    """

    sample: AnalysisSample
    arms: tuple[str, ...]
    receipts: tuple[tuple[str, int], ...] = ()
    weights: Floats | None = None

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Covariates and receipts, each with its columns."""
        named = {receipt_name(r): (receipt_name(r),) for r in self.receipts}
        return {**self.sample.columns, **named}

    @property
    def outcomes(self) -> tuple[tuple[str, int], ...]:
        """Outcome and horizon."""
        return tuple(self.sample.outcomes)

    @property
    def is_weighted(self) -> bool:
        """Whether persons have weights."""
        return self.weights is not None

    @property
    def n(self) -> int:
        """Persons."""
        return self.sample.n

    @property
    def persons(self) -> AnalysisSample:
        """The persons."""
        return self.sample

    def measuring(
        self,
        outcomes: Sequence[tuple[str, int]],
        receipts: Sequence[tuple[str, int]] = (),
    ) -> PersonSums:
        """Look at some outcomes alone; receipts are among the columns."""
        keys = dict.fromkeys([*outcomes, *receipts])
        kept = {key: self.sample.outcomes[key] for key in keys}
        return replace(
            self, sample=replace(self.sample, outcomes=kept), receipts=tuple(receipts)
        )

    def sorting(self, covariate: str, categories: Sequence[str]) -> PersonSums:
        """Give a covariate the columns of some of its categories alone."""
        names = tuple(f"{covariate}={category}" for category in categories[1:])
        every, coded = self.sample.columns, self.sample.covariates
        places = [every[covariate].index(name) for name in names]
        sample = replace(
            self.sample,
            covariates={**coded, covariate: coded[covariate][:, places]},
            columns={**every, covariate: names},
        )
        return replace(self, sample=sample)

    def add_up(self, empty: S, *, outcomes: Sequence[int] | None = None) -> S:
        """Go once through all persons, in blocks of a few thousand."""
        self._refuse_weights()
        keys = self.outcomes
        wanted = keys if outcomes is None else tuple(keys[i] for i in outcomes)
        arm = arm_codes(self.sample.arm, self.arms)
        for start in range(0, self.sample.n, BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            empty.add(
                Block(
                    arm=arm[rows],
                    columns=self._columns(rows),
                    means=_beside(
                        [self.sample.outcomes[k][rows] for k in wanted], arm[rows].size
                    ),
                    weights=None if self.weights is None else self.weights[rows],
                )
            )
        return empty

    def _columns(self, rows: slice) -> Floats:
        blocks = [self.sample.covariates[c][rows] for c in self.sample.columns]
        received = [self.sample.outcomes[r][rows] for r in self.receipts]
        n = self.sample.arm[rows].size
        columns: Floats = np.column_stack([np.empty((n, 0)), *blocks, *received])
        return columns

    def _refuse_weights(self) -> None:
        if self.weights is None:
            return
        wrong = int((~(np.isfinite(self.weights) & (self.weights > 0))).sum())
        if wrong or len(self.weights) != self.sample.n:
            raise EstimationError(
                f"weights: {wrong} are not positive numbers, and {len(self.weights)} "
                f"are given for {self.sample.n} person(s)"
            )


@dataclass(frozen=True, slots=True, eq=False)
class CellSums:
    """Persons in cells.

    Attributes:
        cells: The cells.
    """

    cells: Cells

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms, control first."""
        return self.cells.arms

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Covariates, each with its columns."""
        return self.cells.columns

    @property
    def outcomes(self) -> tuple[tuple[str, int], ...]:
        """Outcome and horizon."""
        return self.cells.outcomes

    @property
    def is_weighted(self) -> bool:
        """Whether persons have weights: in cells they have none."""
        return False

    def add_up(self, empty: S, *, outcomes: Sequence[int] | None = None) -> S:
        """Go once through all cells."""
        cells = self.cells
        every = range(len(cells.outcomes))
        wanted = list(every if outcomes is None else outcomes)
        for start in range(0, len(cells.arm), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            empty.add(
                Block(
                    arm=cells.arm[rows],
                    columns=cells.values[rows],
                    means=np.nan_to_num(
                        cells.means[rows][:, wanted], posinf=np.inf, neginf=-np.inf
                    ),
                    counts=cells.counts[rows][:, wanted],
                    squares=np.nan_to_num(cells.squares[rows][:, wanted]),
                )
            )
        return empty


def make_cells(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    receipts: Sequence[tuple[str, int]] = (),
) -> Cells:
    """Put persons together who share arm and covariates.

    Args:
        sample: The analysis sample.
        arms: Arms, control first.
        receipts: Outcomes that a regression has among its columns.

    Returns:
        The cells.
    """
    source = PersonSums(sample, tuple(arms), tuple(receipts))
    everyone = slice(None)
    arm = arm_codes(sample.arm, source.arms)
    keys = np.column_stack([arm.astype(np.float64), source._columns(everyone)])  # noqa: SLF001 (this module's own)
    distinct, cell = np.unique(keys, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    y = _beside(list(sample.outcomes.values()), sample.n)
    observed = ~np.isnan(y)
    shape = (len(distinct), y.shape[1])
    counts, totals, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for j in range(y.shape[1]):
        seen = observed[:, j]
        of, values = cell[seen], y[seen, j]
        counts[:, j] = np.bincount(of, minlength=shape[0])
        totals[:, j] = np.bincount(of, weights=values, minlength=shape[0])
        means = totals[:, j] / np.maximum(counts[:, j], 1)
        apart = (values - means[of]) ** 2
        squares[:, j] = np.bincount(of, weights=apart, minlength=shape[0])
    means = np.divide(totals, counts, out=np.full(shape, np.nan), where=counts > 0)
    return Cells(
        arms=source.arms,
        columns=source.columns,
        outcomes=source.outcomes,
        arm=distinct[:, 0].astype(np.int64),
        values=distinct[:, 1:],
        counts=counts,
        means=means,
        squares=squares,
    )


def arm_codes(arm: NDArray[np.str_], arms: Sequence[str]) -> Ints:
    """Return the place of each person's arm; -1: another arm."""
    codes = np.full(arm.size, -1, dtype=np.int64)
    for place, name in enumerate(arms):
        codes[arm == name] = place
    return codes


def receipt_name(receipt: tuple[str, int]) -> str:
    """Return the name of the column that says what a person received."""
    return f"{receipt[0]}@{receipt[1]}"


def _beside(columns: Sequence[Floats], n: int) -> Floats:
    beside = np.empty((n, len(columns)), order="F")
    for place, column in enumerate(columns):
        beside[:, place] = column
    return beside
