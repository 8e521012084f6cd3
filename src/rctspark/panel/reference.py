"""Reference amounts beside the periods of the panel: the minimum wage of that month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from rctspark.config.reference import ReferenceAmounts


def attach_reference(
    panel: DataFrame, *, amounts: Iterable[ReferenceAmounts]
) -> DataFrame:
    """Add the amount that holds on the first day of every period.

    Args:
        panel: Rows with `period_start`.
        amounts: Reference amounts, each of which becomes a column `<name>_eur`.

    Returns:
        The same rows; decimal(12,2), null outside the time for which it is known.
    """
    return panel.withColumns({one.column: _amount(one) for one in amounts})


def _amount(amounts: ReferenceAmounts) -> Column:
    start = F.col("period_start")
    found = F.when(start > F.lit(amounts.until), None)
    for day, amount in sorted(amounts.amounts.items(), reverse=True):
        found = found.when(start >= F.lit(day), F.lit(amount))
    return found.cast("decimal(12,2)")
