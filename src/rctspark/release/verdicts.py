"""What became of a figure from one data version to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from rctspark.release.numerals import kept_decimals

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

SIDES = ("_from", "_to")
NUMBERS = ("estimate", "std_error", "ci_lower", "ci_upper", "p_value")
SAME, MOVED = "the same", "another number, the same verdict"
SIGN, FOUND, LOST = "sign changed", "now significant", "no longer significant"
ONLY_FROM, ONLY_TO = "only in the earlier version", "only in the later version"
VERDICTS = (SIGN, FOUND, LOST, ONLY_FROM, ONLY_TO, MOVED, SAME)
"""The first five change what is concluded."""
CHANGED = VERDICTS[:5]


def put_beside(
    before: pd.DataFrame, after: pd.DataFrame, keys: Sequence[str]
) -> pd.DataFrame:
    """Put every figure of two versions beside one another.

    Args:
        before: One row per figure of the earlier version: the keys, NUMBERS and
            `level`, rounded as they may leave. A test has no estimate.
        after: The same of the later version.
        keys: Columns that name a figure.

    Returns:
        One row per figure of either version, in the order of the earlier one: every
        other column twice, with SIDES as suffixes; `change` (later minus earlier),
        rounded as the more precise of the two, and `verdict`.
    """
    both = before.merge(after, on=[*keys], how="outer", suffixes=SIDES)
    # An outer join sorts its keys; a reader looks for the plan's own order.
    order = pd.concat([side[[*keys]] for side in (before, after)]).drop_duplicates()
    both = order.merge(both, on=[*keys], how="left")
    error = both[["std_error_from", "std_error_to"]].min(axis=1)
    change = both["estimate_to"] - both["estimate_from"]
    both["change"] = [
        value if pd.isna(value) else round(value, kept_decimals(spread))
        for value, spread in zip(change, error, strict=True)
    ]
    both["verdict"] = [verdict(row) for row in both.to_dict("records")]
    return both


def verdict(row: Mapping[Hashable, Any]) -> str:
    """Say what became of one figure.

    Args:
        row: A row of `put_beside`.

    Returns:
        One of VERDICTS; a change of sign goes before one of significance. Around zero,
        where neither version is significant, another sign is another number.
    """
    absent = [
        pd.isna(row[f"estimate{s}"]) and pd.isna(row[f"p_value{s}"]) for s in SIDES
    ]
    if any(absent):
        return ONLY_TO if absent[0] else ONLY_FROM
    found = [row[f"p_value{s}"] < 1 - row[f"level{s}"] for s in SIDES]
    if row["estimate_from"] * row["estimate_to"] < 0 and any(found):
        return SIGN
    if found[0] != found[1]:
        return FOUND if found[1] else LOST
    pairs = [[row[f"{name}{s}"] for s in SIDES] for name in NUMBERS]
    is_same = all(was == now or (pd.isna(was) and pd.isna(now)) for was, now in pairs)
    return SAME if is_same else MOVED
