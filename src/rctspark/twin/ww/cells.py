"""Values as a register writes them: texts, codes, dates without marks, commas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rctspark.twin.ww.calendar import day_number, month_number, year_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Bools, Days, Ints

Cells = Any
"""A pyarrow array; pyarrow has no types that mypy reads."""

BSN_DIGITS = 9
SHARE_LOWER = 0.02


def numbers(values: Ints) -> Cells:
    """Write whole numbers."""
    return pc.cast(pa.array(values), pa.string())


def padded(values: Ints, width: int) -> Cells:
    """Write whole numbers with leading zeros."""
    return pc.utf8_lpad(numbers(values), width, "0")


def bsn(values: Ints) -> Cells:
    """Write BSNs with all nine digits."""
    return padded(values, BSN_DIGITS)


def bsn_short(values: Ints) -> Cells:
    """Write BSNs as a system does that lost a leading zero: eight digits."""
    return padded(values, BSN_DIGITS - 1)


def codes(places: Ints, texts: Sequence[str | None]) -> Cells:
    """Write the code of each place; None: an empty cell."""
    return pa.array(texts, type=pa.string()).take(pa.array(places))


def some_lower(rng: np.random.Generator, cells: Cells) -> Cells:
    """Write a few codes in lower case, as registers do."""
    is_lower = pa.array(rng.random(len(cells)) < SHARE_LOWER)
    return pc.if_else(is_lower, pc.utf8_lower(cells), cells)


def only_where(keep: Bools, cells: Cells) -> Cells:
    """Leave the other cells empty."""
    return pc.if_else(pa.array(keep), cells, pa.scalar(None, pa.string()))


def compact_dates(when: Days) -> Cells:
    """Write yyyymmdd; no day: an empty cell."""
    known = ~np.isnat(when)
    filled = np.where(known, when, np.datetime64(0, "D"))
    number = year_of(filled) * 10000 + month_number(filled) * 100 + day_number(filled)
    return only_where(known, numbers(number))


def iso_dates(when: Days) -> Cells:
    """Write yyyy-mm-dd."""
    return _parted(compact_dates(when), (0, 4), (4, 6), (6, 8))


def dutch_dates(when: Days) -> Cells:
    """Write dd-mm-yyyy."""
    return _parted(compact_dates(when), (6, 8), (4, 6), (0, 4))


def with_comma(hundredths: Ints) -> Cells:
    """Write hundredths with a decimal comma: -1234 becomes -12,34."""
    size = np.abs(hundredths)
    sign = codes((hundredths < 0).astype(np.int64), ("", "-"))
    whole, rest = numbers(size // 100), padded(size % 100, 2)
    return pc.binary_join_element_wise(
        pc.binary_join_element_wise(sign, whole, ""), rest, ","
    )


def _parted(cells: Cells, *parts: tuple[int, int]) -> Cells:
    pieces = [pc.utf8_slice_codeunits(cells, first, last) for first, last in parts]
    return pc.binary_join_element_wise(*pieces, "-")
