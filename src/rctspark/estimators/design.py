"""The design of a regression: constant, arms, covariates and their products."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Model
    from rctspark.contracts.sample import AnalysisSample

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

TOLERANCE = 1e-8
"""A column adds to the others if this share of its length stands apart from them."""
NOISE = 1e-12
"""A deviation below this share of a column's size is rounding, not variation."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A design of full rank, and what it was made from.

    Covariates are centred and in standard deviations: that changes no arm's effect,
    and wages and ages can stand side by side. A column that the others already say
    is left out, as R and Stata do; leaving it to a pseudo-inverse would let rounding
    decide the effect.

    Attributes:
        matrix: Shape (n, rank): the constant, the treatments, the covariates.
        names: Names of its columns.
        redundant: Names of the columns left out.
        treatments: The treatments, in the order of columns 1, 2, ...
    """

    matrix: Floats
    names: tuple[str, ...]
    redundant: tuple[str, ...]
    treatments: tuple[str, ...]

    @property
    def rank(self) -> int:
        """Rank of the design: columns that are kept."""
        return len(self.names)

    @property
    def columns(self) -> int:
        """Columns of the design before redundant ones were left out."""
        return len(self.names) + len(self.redundant)


def make_design(
    sample: AnalysisSample, persons: Bools, *, arms: Sequence[str], model: Model
) -> Design:
    """Make the design of a model for some persons of the sample.

    Args:
        sample: The analysis sample.
        persons: Shape (n,): who is in the regression.
        arms: Arms in the regression, control first; everyone is in one of them.
        model: The model.

    Returns:
        The design.

    Raises:
        EstimationError: A covariate is missing or infinite for someone, or the
            covariates together say who is in which arm.
    """
    treatments = tuple(arms[1:])
    arm = sample.arm[persons]
    indicators = (arm[:, None] == np.array(treatments)).astype(np.float64)
    names, covariates = covariate_columns(sample, persons, model=model)
    kept: list[int] = []
    if names:
        kept = independent_columns(_within_arms(covariates, indicators))
        if len(kept) < len(independent_columns(covariates)):
            raise EstimationError(
                f"model {model.name}: its covariates together say which arm a person "
                "is in, so an effect of the arm can't be told from theirs"
            )
    matrix = np.column_stack([np.ones(arm.size), indicators, covariates[:, kept]])
    redundant = tuple(n for i, n in enumerate(names) if i not in set(kept))
    return Design(
        matrix=matrix,
        names=("constant", *treatments, *(names[i] for i in kept)),
        redundant=redundant,
        treatments=treatments,
    )


def covariate_columns(
    sample: AnalysisSample, persons: Bools, *, model: Model
) -> tuple[tuple[str, ...], Floats]:
    """Return the covariates of a model and, where it has them, their products.

    Products are of every two columns, except of two categories of one covariate:
    nobody is in both.

    Args:
        sample: The analysis sample.
        persons: Shape (n,): who is in the regression.
        model: The model.

    Returns:
        Names of the columns, and the columns, shape (persons, columns), centred and
        in standard deviations; a column that is the same for everyone is zero.

    Raises:
        EstimationError: A covariate is missing or infinite for someone.
    """
    owners = [c for c in model.covariates for _ in sample.columns[c]]
    names = [n for c in model.covariates for n in sample.columns[c]]
    blocks = [sample.covariates[c][persons] for c in model.covariates]
    _refuse_missing(model, blocks)
    n = int(persons.sum())
    columns = np.column_stack([np.empty((n, 0)), *blocks])
    columns = _scale(columns)
    # With the columns themselves in the model, products of centred columns say the
    # same as products of columns, and stand further apart from them.
    if model.products == "pairwise":
        pairs = [
            (i, j)
            for i, j in combinations(range(len(names)), 2)
            if owners[i] != owners[j]
        ]
        first, second = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        products = _scale(columns[:, first] * columns[:, second])
        names += [f"{names[i]}*{names[j]}" for i, j in pairs]
        columns = np.column_stack([columns, products])
    return tuple(names), columns


def _refuse_missing(model: Model, blocks: Sequence[Floats]) -> None:
    counts = {
        name: int((~np.isfinite(block).all(axis=1)).sum())
        for name, block in zip(model.covariates, blocks, strict=True)
    }
    faults = [
        f"{name} for {count} person(s)" for name, count in counts.items() if count
    ]
    if faults:
        raise EstimationError(
            f"model {model.name}: missing or infinite covariate {', '.join(faults)}"
        )


def _scale(columns: Floats) -> Floats:
    """Centre columns and divide by their standard deviation; a constant gives 0."""
    if not columns.size:
        return columns
    centred = columns - columns.mean(axis=0)
    deviation = np.sqrt((centred**2).mean(axis=0))
    is_constant = deviation <= NOISE * np.abs(columns).max(axis=0)
    divisor = np.where(is_constant, 1.0, deviation)
    scaled: Floats = np.where(is_constant, 0.0, centred / divisor)
    return scaled


def _within_arms(columns: Floats, indicators: Floats) -> Floats:
    """Take the mean of each arm out of every column."""
    full = np.column_stack([1 - indicators.sum(axis=1), indicators])
    means = (full.T @ columns) / full.sum(axis=0)[:, None]
    apart: Floats = columns - full @ means
    return apart


def independent_columns(columns: Floats) -> list[int]:
    """Find columns that span all of them, by QR with pivoting.

    Args:
        columns: Shape (n, k), each about as long as the root of n.

    Returns:
        Places of the columns, rising.
    """
    triangle, order = linalg.qr(columns, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    rank = int((diagonal > TOLERANCE * np.sqrt(len(columns))).sum())
    return sorted(int(i) for i in order[:rank])
