"""The sample as a source of sums: persons stay in Spark, sums come out.

The one place where Python works through rows: `mapInArrow` hands a partition's rows
over in batches, numpy adds them to the sums that an estimator brought, and only the
sums of each partition come to the driver. What comes does not grow with the number of
persons. On a cluster the executors need this package, as the driver does.
"""

from __future__ import annotations

import copy
import pickle
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import functions as F
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.sums import Block
from rctspark.errors import EstimationError
from rctspark.sample.collect import column_names
from rctspark.sample.columns import outcome_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Covariate
    from rctspark.contracts.sums import S

    Floats = NDArray[np.float64]

ARM = "arm@"
BLOCK_ROWS = 4096
"""Rows added up at once: few enough that what is made of them stays in a cache."""
Key = tuple[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class TableSums:
    """Persons in a Spark table.

    Every call of `add_up` reads the table once; a caller that makes several may
    cache the table first.

    Attributes:
        sample: What `make_sample` returns.
        arms: Arms of the regression, control first.
        covariates: Covariates of the plan that its models use.
        outcomes: Outcome and horizon.
        receipts: Outcomes that the regression has among its columns.
        weight: Column with a positive weight per person. None: 1.
        n: Persons, where they were counted.
    """

    sample: DataFrame
    arms: tuple[str, ...]
    covariates: tuple[Covariate, ...]
    outcomes: tuple[Key, ...]
    receipts: tuple[Key, ...] = ()
    weight: str | None = None
    n: int = 0

    @property
    def persons(self) -> None:
        """None: persons stay in Spark."""
        return

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Covariates and receipts, each with its columns."""
        received = [outcome_column(*r) for r in self.receipts]
        return {
            **{c.name: column_names(c) for c in self.covariates},
            **{name: (name,) for name in received},
        }

    @property
    def is_weighted(self) -> bool:
        """Whether persons have weights."""
        return self.weight is not None

    def measuring(
        self, outcomes: Sequence[Key], receipts: Sequence[Key] = ()
    ) -> TableSums:
        """Look at some outcomes alone; receipts are among the columns."""
        keys = tuple(dict.fromkeys([*outcomes, *receipts]))
        return replace(self, outcomes=keys, receipts=tuple(receipts))

    def sorting(self, covariate: str, categories: Sequence[str]) -> TableSums:
        """Give a covariate the columns of some of its categories alone."""
        kept = {"categories": tuple(categories)}
        return replace(
            self,
            covariates=tuple(
                c.model_copy(update=kept) if c.name == covariate else c
                for c in self.covariates
            ),
        )

    def add_up(self, empty: S, *, outcomes: Sequence[int] | None = None) -> S:
        """Go once through the table, on the executors.

        Raises:
            EstimationError: Spark stopped; its condition is named, no value is.
        """
        chosen = range(len(self.outcomes)) if outcomes is None else outcomes
        wanted = [self.outcomes[i] for i in chosen]
        coded = code_columns(
            self.sample,
            arms=self.arms,
            covariates=self.covariates,
            outcomes=dict.fromkeys([*self.receipts, *wanted]),
            weight=self.weight,
        )
        read = block_reader(
            coded.columns,
            self.covariates,
            wanted,
            receipts=self.receipts,
            weight=self.weight,
        )
        try:
            found = (
                pack_columns(coded)
                .mapInArrow(_adder(empty, read), "sums binary")
                .collect()
            )
        except PySparkException as broken:
            raise EstimationError(
                f"Spark stopped while it added up the sample: {_kind(broken)}. If a "
                "module is not found, install this package where executors run."
            ) from None
        for row in found:
            # Written by this very call, on this session's own executors.
            empty.merge(pickle.loads(row["sums"]))  # noqa: S301
        return empty


def code_columns(
    sample: DataFrame,
    *,
    arms: Sequence[str],
    covariates: Sequence[Covariate],
    outcomes: Sequence[Key] | Mapping[Key, None],
    weight: str | None = None,
) -> DataFrame:
    """Keep what a regression needs, arms and categories as numbers.

    Args:
        sample: What `make_sample` returns.
        arms: Arms, control first.
        covariates: Covariates wanted.
        outcomes: Outcomes wanted.
        weight: Column of weights.

    Returns:
        The same rows: the arm's place (-1: another), each covariate as a double or
        its category's place (null: unknown or not in the plan), outcomes, weight.
    """
    arm = F.coalesce(_place("arm", arms), F.lit(-1)).alias(ARM)
    coded = [
        _place(c.name, c.categories).alias(c.name) if c.categories else F.col(c.name)
        for c in covariates
    ]
    measured = [F.col(f"`{outcome_column(*key)}`") for key in outcomes]
    return sample.select(arm, *coded, *measured, *([weight] if weight else []))


def pack_columns(coded: DataFrame) -> DataFrame:
    """Put the numbers of a row into one array.

    For 169 columns of a million persons, Spark hands an array to Python in about half
    of the processor time that it takes for as many columns.

    Args:
        coded: What `code_columns` returns.

    Returns:
        The same rows: `numbers`, doubles in the order of the columns; NaN: null.
    """
    unknown = F.lit(float("nan"))
    numbers = [
        F.coalesce(F.col(f"`{name}`").cast("double"), unknown) for name in coded.columns
    ]
    return coded.select(F.array(*numbers).alias("numbers"))


def expand_columns(
    covariates: Sequence[Covariate], coded: Mapping[str, Floats], n: int
) -> Floats:
    """Return the columns of a block from coded covariates.

    Args:
        covariates: The covariates.
        coded: Name to numbers or places of categories, shape (n,); NaN: unknown.
        n: Rows.

    Returns:
        Shape (n, p): as `collect_sample` codes them.
    """
    parts = [np.empty((n, 0))]
    for covariate in covariates:
        values = coded[covariate.name]
        unknown = np.isnan(values)
        if covariate.categories:
            places = np.arange(1.0, len(covariate.categories))
            part = (values[:, None] == places).astype(np.float64)
            part[unknown] = np.nan
        elif covariate.missing == "dummy":
            part = np.column_stack([np.where(unknown, 0.0, values), unknown])
        else:
            part = values[:, None]
        parts.append(part)
    return np.concatenate(parts, axis=1)


def block_reader(
    packed: Sequence[str],
    covariates: Sequence[Covariate],
    outcomes: Sequence[Key],
    *,
    receipts: Sequence[Key] = (),
    weight: str | None = None,
) -> Callable[[pa.RecordBatch], Block]:
    """Return what makes a block of a batch of rows of `pack_columns`.

    Args:
        packed: Columns that were packed, in order.
        covariates: Covariates of the block.
        outcomes: Outcomes of the block.
        receipts: Outcomes among its columns.
        weight: Column of weights.
    """
    places = {name: place for place, name in enumerate(packed)}
    measured = [places[outcome_column(*key)] for key in outcomes]
    received = [places[outcome_column(*key)] for key in receipts]

    def read(batch: pa.RecordBatch) -> Block:
        n = batch.num_rows
        numbers: Floats = batch.column(0).flatten().to_numpy().reshape(n, len(packed))
        columns = expand_columns(
            covariates, {c.name: numbers[:, places[c.name]] for c in covariates}, n
        )
        # What is made of outcomes is made an outcome at a time: each lies together.
        means = np.asfortranarray(numbers[:, measured])
        return Block(
            arm=numbers[:, places[ARM]].astype(np.int64),
            columns=np.concatenate([columns, numbers[:, received]], axis=1),
            means=means,
            weights=numbers[:, places[weight]] if weight else None,
        )

    return read


def _kind(broken: PySparkException) -> str:
    """Name the error, a worker's own included; its text could show a value."""
    named = re.findall(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", str(broken), re.M)
    own = broken.getCondition() or type(broken).__name__
    return " ".join(dict.fromkeys([own, *named[-1:]]))


def _adder(
    empty: S, read: Callable[[pa.RecordBatch], Block]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def add(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        sums = copy.deepcopy(empty)
        with threadpool_limits(limits=1, user_api="blas"):
            for batch in batches:
                for start in range(0, batch.num_rows, BLOCK_ROWS):
                    sums.add(read(batch.slice(start, BLOCK_ROWS)))
        yield pa.RecordBatch.from_pydict({"sums": [pickle.dumps(sums)]})

    return add


def _place(name: str, values: Sequence[str]) -> Column:
    """Place of a text among values; null: not one of them."""
    place = F.lit(None).cast("int")
    for i, value in reversed(list(enumerate(values))):
        place = F.when(F.col(name) == value, F.lit(i)).otherwise(place)
    return place
