"""Durations of a plan on two data versions: tests, contrasts and effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from rctspark.release.durations import ESTIMATE_COLUMNS, duration_tables
from rctspark.release.labels import Labels
from rctspark.release.survival import describe_estimates
from rctspark.release.verdicts import NUMBERS, put_beside

if TYPE_CHECKING:
    from rctspark.release.released import Release

KEYS = ("duration", "method", "model", "cause", "term", "horizon")
NOT_THERE = "\N{EN DASH}"


class DurationLine(NamedTuple):
    """One estimate of a duration in words and written numbers."""

    duration: str
    what: str
    about: str
    before: str
    after: str
    verdict: str


def durations_table(before: Release, after: Release) -> pd.DataFrame:
    """Put what was found of durations on two versions beside one another.

    Args:
        before: What may leave of the results on the earlier version.
        after: What may leave of those on the later one.

    Returns:
        One row per test, contrast or effect that may leave in either version, as
        `put_beside` gives it; a test has no estimate and no change, its statistic
        stands on both sides. Empty where the plan has no durations.
    """
    return put_beside(_estimates(before), _estimates(after), KEYS)


def _estimates(release: Release) -> pd.DataFrame:
    """Return a version's estimates; tests get the plan's level to be judged at."""
    tables = duration_tables(release.durations)
    table = tables.get(
        "duration_estimates", pd.DataFrame(columns=["duration", *ESTIMATE_COLUMNS])
    )
    numbers = [*NUMBERS, "statistic", "level", "n_persons"]
    numeric = table[numbers].astype(float)
    numeric["level"] = numeric["level"].fillna(release.plan.inference.level)
    return pd.concat([table[[*KEYS]], numeric], axis=1)


def duration_lines(
    before: Release, after: Release, table: pd.DataFrame
) -> list[DurationLine]:
    """Write a table of durations as lines of the page.

    Args:
        before: What may leave of the results on the earlier version.
        after: What may leave of those on the later one.
        table: `durations_table` of the two.

    Returns:
        One line each, in the same order.
    """
    labels = Labels(before.plan)
    titles = {d.name: d.title or labels.of(d.name) for d in before.plan.durations}
    written = [_written(release, labels) for release in (before, after)]
    lines = []
    for row in table.to_dict("records"):
        key = tuple(row[name] for name in KEYS)
        there = [side.get(key) for side in written]
        named = next(line for line in there if line is not None)
        was, now = (NOT_THERE if line is None else line[2] for line in there)
        lines.append(
            DurationLine(titles[key[0]], *named[:2], was, now, str(row["verdict"]))
        )
    return lines


def _written(
    release: Release, labels: Labels
) -> dict[tuple[object, ...], tuple[str, str, str]]:
    """Return key to what a number is, what it is about, and how it is printed."""
    planned = {one.name: one for one in release.plan.durations}
    found: dict[tuple[object, ...], tuple[str, str, str]] = {}
    for one in release.durations:
        shown = describe_estimates(planned[one.name], one.estimates, labels)
        for e, line in zip(one.estimates, shown, strict=True):
            key = (one.name, e.method, e.model, e.cause, e.term, e.horizon)
            inside = "; ".join(part for part in (line.interval, f"p {line.p}") if part)
            found[key] = (line.what, line.about, f"{line.estimate} ({inside})".strip())
    return found
