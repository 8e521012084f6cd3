"""How a report says whether its plan was registered, and where it left that plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import datetime as dt

    from rctspark.contracts.registration import Difference, Registration, Standing


def standing_words(standing: Standing) -> str:
    """Say how the plan stood when the results were made.

    Args:
        standing: Mark and registration.

    Returns:
        One or two sentences.
    """
    registration = standing.registration
    if registration is None:
        return (
            "Unregistered: no plan of this experiment had been registered when these "
            "results were made, so nothing shows which comparisons were chosen before "
            "outcomes were seen."
        )
    when = registered_words(registration)
    if standing.mark == "registered":
        return f"The plan was registered {when}."
    places = len(standing.differences)
    return (
        f"Deviation from the plan: the plan behind these results is not the one "
        f"registered {when}. It differs in {places} place{'s'[: places != 1]}, listed "
        "below."
    )


def registered_words(registration: Registration) -> str:
    """Say when a plan was registered, and whether outcomes were there to be seen.

    Args:
        registration: The registration.

    Returns:
        A part of a sentence: `on 3 March 2018 at 12:00 UTC, before ...`.
    """
    when = f"on {_day(registration.registered_at)}"
    seen = registration.outcomes_released_at
    if seen is None:
        return f"{when}, before any outcome had been released here"
    return f"{when}, after outcomes had first been released on {_day(seen)}"


def difference_words(difference: Difference) -> str:
    """Say one difference in words, without its key."""
    if not difference.registered:
        return f"added: {difference.now}"
    if not difference.now:
        return f"left out: {difference.registered}"
    return f"registered: {difference.registered}; now: {difference.now}"


def deviations_table(standing: Standing) -> pd.DataFrame:
    """Lay the differences from the registered plan out as a table.

    Args:
        standing: Mark and differences.

    Returns:
        One row per key; empty cells: nothing stands there.
    """
    rows = [(d.key, d.registered, d.now) for d in standing.differences]
    return pd.DataFrame(rows, columns=["key", "registered", "now"])


def _day(moment: dt.datetime) -> str:
    return f"{moment.day} {moment:%B %Y} at {moment:%H:%M} UTC"
