"""A plan's results on two data versions, figure by figure: tables and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from rctspark.release.changes import changes_table, moves_table, persons_table
from rctspark.release.duration_changes import duration_lines, durations_table
from rctspark.release.folder import replace_folder
from rctspark.release.labels import Labels
from rctspark.release.numerals import fixed, kept_decimals, p_text
from rctspark.release.registration import standing_words
from rctspark.release.tables import csv_bytes, effect_table, headline_keys
from rctspark.release.templates import fill_template
from rctspark.release.verdicts import CHANGED, NUMBERS, SIDES, VERDICTS, put_beside

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from rctspark.contracts.comparison import Move, OutcomeChange, ValueChange
    from rctspark.release.record import DeliveryLine
    from rctspark.release.released import Release

PAGE = "index.html"
TABLES = "tables"
OF = (
    *("population", "outcome", "horizon", "arm", "against", "estimand", "model"),
    "site",
)
COUNTS = ("n_arm", "n_against", "mean_against")


class Line(NamedTuple):
    """One figure of the page, in words and written numbers."""

    what: str
    when: str
    arm: str
    model: str
    before: str
    after: str
    change: str
    verdict: str


def write_comparison(
    folder: Path,
    before: Release,
    after: Release,
    *,
    changes: Sequence[ValueChange],
    overall: Sequence[OutcomeChange],
    moves: Sequence[Move],
) -> Path:
    """Write what became of a plan's figures from one data version to another.

    Args:
        folder: Where page and tables go; what an earlier run left there goes.
        before: What may leave of the results on the earlier version.
        after: What may leave of those on the later one.
        changes: Changes of persons' values, unscreened.
        overall: Persons whose values changed, by outcome, unscreened.
        moves: Persons by arm in both versions, unscreened.

    Returns:
        The page, `index.html`; tables lie beside it under `tables/`.

    Raises:
        StoreError: The folder holds files that this package did not write.
    """
    fewest = before.thresholds.minimum_persons
    tables = {
        "figures": figures_table(before, after),
        "durations": durations_table(before, after),
        "changes": changes_table(changes, before.plan, before.thresholds),
        "persons": persons_table(overall, changes, before.plan, before.thresholds),
        "moves": moves_table(moves, minimum_persons=fewest),
    }
    stamp = {
        "data_version_from": before.data_version,
        "data_version_to": after.data_version,
        "plan_hash": after.plan_hash,
        "registration_from": before.standing.mark,
        "registration_to": after.standing.mark,
        "is_synthetic": "yes" if before.is_synthetic or after.is_synthetic else "no",
    }
    files = {
        f"{TABLES}/{name}.csv": csv_bytes(table.assign(**stamp))
        for name, table in tables.items()
        if name != "durations" or before.plan.durations
    }
    files[PAGE] = render_comparison(before, after, tables).encode()
    replace_folder(folder, files)
    return folder / PAGE


def figures_table(before: Release, after: Release) -> pd.DataFrame:
    """Put every figure of two versions beside one another.

    Args:
        before: What may leave of the results on the earlier version.
        after: What may leave of those on the later one.

    Returns:
        One row per contrast that may leave in either version: estimate, standard
        error, interval, p, n and control mean of both, rounded as in the released
        tables; `change` (later minus earlier), and `verdict`, significance being at
        one minus the plan's level.
    """
    labels = Labels(before.plan)
    named = [*OF, *NUMBERS, *COUNTS, "level"]
    earlier, later = (effect_table(r.effects, labels)[named] for r in (before, after))
    return put_beside(earlier, later, OF)


def render_comparison(
    before: Release, after: Release, tables: dict[str, pd.DataFrame]
) -> str:
    """Fill the template.

    Args:
        before: What may leave of the results on the earlier version.
        after: What may leave of those on the later one.
        tables: `figures`, `durations`, `changes`, `persons` and `moves`.

    Returns:
        The page as HTML, complete in itself.
    """
    labels, figures = Labels(before.plan), tables["figures"]
    heads = set(headline_keys(before.plan))
    keys = zip(*(figures[n] for n in ("outcome", "horizon", "model", "population")))  # noqa: B905 (columns of one table)
    is_head = [key in heads for key in keys]
    changed = figures["verdict"].isin(CHANGED)
    values = {
        "plan": before.plan,
        "labels": labels,
        "sides": [(r, standing_words(r.standing)) for r in (before, after)],
        "is_synthetic": before.is_synthetic or after.is_synthetic,
        "deliveries": new_deliveries(before, after),
        "counts": [(v, int((figures["verdict"] == v).sum())) for v in VERDICTS],
        "total": len(figures),
        "groups": [
            ("Headlines", lines(figures[is_head], labels), True),
            ("Figures whose verdict changed", lines(figures[changed], labels), True),
            ("Every figure", lines(figures, labels), False),
        ],
        "durations": duration_lines(before, after, tables["durations"]),
        "changes": tables["changes"].to_dict("records"),
        "persons_changed": tables["persons"].to_dict("records"),
        "moves": tables["moves"].to_dict("records"),
        "thresholds": before.thresholds,
        "level": f"{before.plan.inference.level:.0%}",
        "limit": f"{1 - before.plan.inference.level:.2f}",
        "TABLES": TABLES,
    }
    return fill_template("comparison.html", values, filters={})


def lines(figures: pd.DataFrame, labels: Labels) -> list[Line]:
    """Write figures as lines of the page.

    Args:
        figures: Rows of `figures_table`.
        labels: Words.

    Returns:
        One line each, in the same order.
    """
    return [_line(row, labels) for row in figures.to_dict("records")]


def new_deliveries(before: Release, after: Release) -> list[tuple[str, DeliveryLine]]:
    """Name the deliveries that stand in one version alone.

    Args:
        before: Results on the earlier version.
        after: Results on the later one.

    Returns:
        `earlier` or `later`, and the delivery.
    """
    was, now = before.deliveries, after.deliveries
    return [("earlier", d) for d in was if d not in now] + [
        ("later", d) for d in now if d not in was
    ]


def _line(row: Mapping[Hashable, Any], labels: Labels) -> Line:
    outcome, horizon = str(row["outcome"]), int(row["horizon"])
    population = str(row["population"])
    what = labels.of(outcome)
    if population != labels.plan.analyses[0].population:
        what = f"{what} ({labels.of(population)})"
    factor = 100.0 if labels.outcome(outcome).unit == "share" else 1.0
    errors = [row[f"std_error{s}"] * factor for s in SIDES]
    known = [e for e in errors if e > 0]
    decimals = min(kept_decimals(min(known), digits=2), 4) if known else 1
    return Line(
        what=what,
        when=labels.horizon(outcome, horizon),
        arm=labels.of(str(row["arm"])),
        model=labels.of(str(row["model"])),
        before=_written(row, "_from", factor, decimals),
        after=_written(row, "_to", factor, decimals),
        change=_number(row["change"] * factor, decimals),
        verdict=str(row["verdict"]),
    )


def _written(
    row: Mapping[Hashable, Any], side: str, factor: float, decimals: int
) -> str:
    if pd.isna(row[f"estimate{side}"]):
        return "\N{EN DASH}"
    value, low, high = (
        _number(row[f"{name}{side}"] * factor, decimals)
        for name in ("estimate", "ci_lower", "ci_upper")
    )
    return f"{value} ({low} to {high}; p {p_text(row[f'p_value{side}'])})"


def _number(value: float, decimals: int) -> str:
    return "\N{EN DASH}" if pd.isna(value) else fixed(value, decimals, sign=True)
