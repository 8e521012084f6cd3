"""Balance of characteristics that are only known as counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.balance.arms import ExactTest, compare_counts
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.contracts.balance import CategoryBalance

UNKNOWN = ""
PEARSON = ExactTest(when="never")


def estimate_counted_balance(
    counts: Mapping[tuple[str, str, str], int],
    *,
    characteristics: Mapping[str, Sequence[str]],
    arms: Sequence[str],
    missing: Mapping[str, str] | None = None,
) -> tuple[tuple[CategoryBalance, ...], tuple[str, ...]]:
    """Test the balance of several characteristics, as far as there are persons.

    By Pearson's chi-square, also where few are in a category: a national register has
    rare categories among very many persons, where the exact test can't be counted.

    Args:
        counts: Characteristic, category (empty: not known) and arm to persons; what
            is absent is zero.
        characteristics: Characteristic to its categories, in the order of tables.
        arms: The arms; of two, the first is compared against the second.
        missing: Characteristic to the category that says that it is not known, and
            is left out of the test; without one, every category is tested.

    Returns:
        One result per characteristic of which each arm has 10 persons with a known
        category; and the names of the others.
    """
    tested: list[CategoryBalance] = []
    too_few: list[str] = []
    for name, declared in characteristics.items():
        unknown = (missing or {}).get(name, UNKNOWN)
        categories = [c for c in declared if c != unknown]
        table = np.array(
            [[counts.get((name, c, arm), 0) for c in categories] for arm in arms],
            dtype=np.int64,
        )
        if int(table.sum(axis=1).min()) < MINIMUM_PERSONS:
            too_few.append(name)
            continue
        not_known = [
            sum(counts.get((name, c, arm), 0) for c in {UNKNOWN, unknown})
            for arm in arms
        ]
        tested.append(
            compare_counts(
                table,
                arms=arms,
                categories=categories,
                characteristic=name,
                n_missing=not_known,
                exact=PEARSON,
            )
        )
    return tuple(tested), tuple(too_few)
