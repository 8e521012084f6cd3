"""Figures of services and participation: what happened by period, kind and arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from rctspark.config.plan import CourseTable
from rctspark.release.drawing import (
    CONTROL,
    INK,
    Figure,
    colour,
    marker,
    new_canvas,
    publication_style,
    rendered,
    whole_ticks,
)
from rctspark.release.labels import Labels, lower

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.released import Release

PER = 100
SIDE_BY_SIDE = 2
HEADROOM = 1.18
PREFIX = "services-"
COLUMNS = ("horizon", "contact", "arm", "contacts", "per_100_persons", "n")


def service_figures(release: Release, *, language: str = "en") -> list[Figure]:
    """Draw the course of services, one figure per table that holds one.

    Args:
        release: What may leave.
        language: Of the labels.

    Returns:
        Figures with a panel per kind of contact and a line per arm. Where a number is
        hidden or not observed the line has a gap.
    """
    labels = Labels(release.plan, language)
    return [
        draw_course(table, table.plan, labels, is_synthetic=release.is_synthetic)
        for table in release.tables
        if isinstance(table.plan, CourseTable)
    ]


def course_data(table: LaidTable, plan: CourseTable, labels: Labels) -> pd.DataFrame:
    """Lay the numbers of a course out, one row per period, kind and arm.

    Args:
        table: The table, screened.
        plan: What the plan says of it.
        labels: Words.

    Returns:
        `horizon`, `contact`, `arm`, `contacts`, `per_100_persons` and `n`, as texts:
        `x` is hidden, an empty text is not observed.
    """
    rows = []
    for row in table.rows:
        for arm in labels.plan.arms.all:
            contacts, n = row.numbers[arm], row.numbers[f"n {arm}"]
            is_shown = contacts.isdigit() and n.isdigit() and int(n) > 0
            rate = f"{PER * int(contacts) / int(n):.2f}" if is_shown else contacts
            kind = labels.of(plan.lines[row.headings["label"]])
            line = (row.headings["horizon"], kind, arm, contacts, rate, n)
            rows.append(line)
    return pd.DataFrame(rows, columns=[*COLUMNS])


def draw_course(
    table: LaidTable, plan: CourseTable, labels: Labels, *, is_synthetic: bool
) -> Figure:
    """Draw contacts per 100 persons by period.

    Args:
        table: The table, screened.
        plan: What the plan says of it.
        labels: Words.
        is_synthetic: Whether the data are made up.

    Returns:
        The figure with its data.
    """
    data = course_data(table, plan, labels)
    kinds = [labels.of(name) for name in plan.lines.values()]
    horizons = sorted({int(h) for h in data["horizon"]})
    columns = min(len(kinds), SIDE_BY_SIDE)
    rows = -(-len(kinds) // columns)
    name = f"{PREFIX}{table.name}"
    with publication_style():
        canvas = new_canvas((0.9 if rows == 1 else 0.6) + 1.8 * rows)
        for i, kind in enumerate(kinds):
            axes = canvas.add_subplot(rows, columns, i + 1)
            letter = f"{chr(ord('A') + i)}. " if len(kinds) > 1 else ""
            axes.set_title(f"{letter}{kind}")
            _draw(axes, data[data["contact"] == kind], horizons, labels)
            whole_ticks(axes, horizons[0], horizons[-1])
        handles, words = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, words, loc="outside upper right", ncols=len(words))
        canvas.supxlabel(labels.time_axis, fontsize=8.5, color=INK)
        what = "Contacts" if _is_of_contacts(plan, labels) else "Number"
        canvas.supylabel(f"{what} per {PER} persons", fontsize=8.5, color=INK)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    gaps = ""
    if "x" in set(data["contacts"]) or "" in set(data["contacts"]):
        gaps = (
            " Where a line has a gap, the number is not observed, or may not be shown."
        )
    caption = (
        f"{_counted(plan, labels)}, by {lower(labels.time_axis)}.{gaps} "
        "n, per period and arm, stands in the data."
    )
    return Figure(name, labels.of(table.name), caption, svg, png, data)


def _is_of_contacts(plan: CourseTable, labels: Labels) -> bool:
    """Say whether contacts are counted; otherwise persons are."""
    return all(labels.outcome(name).unit != "share" for name in plan.lines.values())


def _counted(plan: CourseTable, labels: Labels) -> str:
    """Say what is counted, and of whom."""
    what = "Contacts that took place" if _is_of_contacts(plan, labels) else "Persons"
    if plan.among is not None:
        whom = f"of those counted ({lower(labels.of(plan.among))})"
    else:
        whom = "of the arm, everyone enrolled counting to the end"
    return f"{what}, per {PER} persons {whom}"


def _say_hidden(axes: Axes, hidden: list[str]) -> None:
    """Write into a panel of which arms most is hidden, so that no line seems lost."""
    if hidden:
        # Room above the lines, so that the words run into none of them.
        axes.set_ylim(top=axes.get_ylim()[1] * HEADROOM)
        axes.text(
            0.99,
            0.97,
            "\n".join(hidden),
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=7.5,
            color=CONTROL,
        )


def _draw(axes: Axes, data: pd.DataFrame, horizons: list[int], labels: Labels) -> None:
    arms, hidden = labels.plan.arms, []
    for arm in arms.all:
        own = data[data["arm"] == arm].set_index("horizon")["per_100_persons"]
        values = [
            float(own[str(h)]) if own[str(h)] not in ("", "x") else np.nan
            for h in horizons
        ]
        gaps = sum(own[str(h)] == "x" for h in horizons)
        if gaps > len(horizons) / 2:
            told = f"{gaps} of {len(horizons)} numbers may not be shown"
            hidden.append(f"{labels.of(arm)}: {told}")
        place = 0 if arm == arms.control else arms.treatments.index(arm)
        axes.plot(
            horizons,
            values,
            color=CONTROL if arm == arms.control else colour(place),
            ls="--" if arm == arms.control else "-",
            # A number between two gaps is seen by its marker alone.
            marker="." if arm == arms.control else marker(place),
            ms=3.5 if arm == arms.control else 3.2,
            label=labels.of(arm),
        )
    _say_hidden(axes, hidden)
    axes.set_ylim(bottom=0)
