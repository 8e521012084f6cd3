"""Points with intervals in rows, their numbers beside them, each in its own column."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from rctspark.release.drawing import (
    INK,
    QUIET,
    WIDTH_INCHES,
    colour,
    marker,
    new_canvas,
)
from rctspark.release.numerals import Scale, fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels

ROW_INCHES = 0.235
LINE_INCHES = 0.14
"""What each further line of a label adds to its row."""
LABEL_CHARACTERS = 60
NUMBERS_POINTS = 8.0
GAP_INCHES = 0.22
POINTS_PER_INCH = 72.0
AROUND_INCHES = 0.35
"""Margins, and the room between drawing and numbers."""
LEAST_DRAWING_INCHES = 1.3
BOLD = 1.15
"""How much wider bold words are."""


@dataclass(frozen=True, slots=True)
class PlotRow:
    """One row: an effect, or a heading where there is none.

    Attributes:
        words: Before the row; long ones take several lines, never broken in a word.
        effect: What is drawn and written. None: the row is a heading.
        sign: Stands behind the effect's number.
        is_first: Whether the row is what the others are held against: it is bold.
        told: Stands in the place of the numbers, where there is no effect.
    """

    words: str
    effect: Effect | None = None
    sign: str = ""
    is_first: bool = False
    told: str = ""

    @property
    def is_bold(self) -> bool:
        """Whether its words stand out."""
        return self.is_first or (self.effect is None and not self.told)


def plot_rows(rows: Sequence[PlotRow], labels: Labels, scale: Scale) -> Canvas:
    """Draw rows of effects in one unit, with columns of their numbers.

    The columns are as wide as their longest entry, so that no number runs into the
    next; the drawing takes the rest of the page's width.

    Args:
        rows: From top to bottom; at least one has an effect.
        labels: Words.
        scale: How the numbers are written.

    Returns:
        The drawing.
    """
    first = next(row.effect for row in rows if row.effect is not None)
    words = [_in_lines(row.words) for row in rows]
    heights = [ROW_INCHES + LINE_INCHES * text.count("\n") for text in words]
    places = [
        end - height / 2
        for end, height in zip(accumulate(heights), heights, strict=True)
    ]
    effects, counts = _columns(rows, labels, scale)
    second = max(map(_inches, effects)) + GAP_INCHES
    numbers = second + max(map(_inches, counts))
    widest = max(_widest(text, row) for text, row in zip(words, rows, strict=True))
    drawing = WIDTH_INCHES - widest - numbers - AROUND_INCHES
    canvas = new_canvas(sum(heights) + 0.75)
    ratios = [max(drawing, LEAST_DRAWING_INCHES), numbers]
    axes, text = canvas.subplots(1, 2, width_ratios=ratios, sharey=True)
    arms = labels.plan.arms.treatments
    for row, y in zip(rows, places, strict=True):
        if row.effect is not None:
            place = arms.index(row.effect.arm) if row.effect.arm in arms else 0
            _draw_effect(axes, y, row.effect, scale, place)
    _name_rows(axes, rows, words, places)
    axes.axvline(0, color=INK, lw=0.9)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_ylim(sum(heights), 0)
    axes.set_xlabel(labels.units(first.outcome)[0])
    text.set_xlim(0, numbers)
    text.axis("off")
    _write_column(text, 0.0, effects, places)
    _write_column(text, second, counts, places)
    return canvas


def _in_lines(words: str) -> str:
    return "\n".join(
        textwrap.wrap(
            words, LABEL_CHARACTERS, break_long_words=False, break_on_hyphens=False
        )
    )


def _columns(
    rows: Sequence[PlotRow], labels: Labels, scale: Scale
) -> tuple[list[str], list[str]]:
    """Write effects and persons, each under its heading."""
    effects = [f"Effect ({labels.plan.inference.level:.0%} interval)"]
    counts = ["n arm / control"]
    for row in rows:
        e = row.effect
        if e is None:
            effects.append(row.told)
            counts.append("")
            continue
        interval = f"({scale.write(e.ci_lower)} to {scale.write(e.ci_upper)})"
        value = f"{scale.write(e.estimate, sign=True)}{row.sign}"
        effects.append(f"{value}  {interval}")
        counts.append(f"{fixed(e.n_arm, 0)} / {fixed(e.n_against, 0)}")
    return effects, counts


def _inches(text: str) -> float:
    """Return how wide a text of a column is."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans")
    path = TextPath((0, 0), text, size=NUMBERS_POINTS, prop=font)
    return float(path.get_extents().width) / POINTS_PER_INCH


def _widest(words: str, row: PlotRow) -> float:
    widest = max(_inches(line) for line in words.split("\n"))
    return widest * (BOLD if row.is_bold else 1.0)


def _name_rows(
    axes: Axes, rows: Sequence[PlotRow], words: Sequence[str], places: Sequence[float]
) -> None:
    axes.set_yticks(places, words)
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(INK)
        tick.set_fontweight("bold" if row.is_bold else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_effect(axes: Axes, y: float, e: Effect, scale: Scale, place: int) -> None:
    low, high = e.ci_lower * scale.factor, e.ci_upper * scale.factor
    axes.hlines(y, low, high, color=colour(place), lw=1.6)
    axes.plot(
        [e.estimate * scale.factor],
        [y],
        marker=marker(place),
        ms=5,
        color=colour(place),
    )


def _write_column(
    text: Axes, x: float, column: Sequence[str], places: Sequence[float]
) -> None:
    head, *entries = column
    text.text(x, 0.0, head, va="bottom", color=QUIET, fontsize=NUMBERS_POINTS)
    for y, words in zip(places, entries, strict=True):
        text.text(x, y, words, va="center", fontsize=NUMBERS_POINTS)
