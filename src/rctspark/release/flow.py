"""The flow of persons, from everyone in the register to the arms, as a diagram."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.patches import FancyBboxPatch

from rctspark.release.drawing import (
    CONTROL,
    INK,
    QUIET,
    WIDTH_INCHES,
    Figure,
    colour,
    new_canvas,
    publication_style,
    rendered,
)
from rctspark.release.labels import Labels
from rctspark.release.numerals import persons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from rctspark.release.released import Release

LINE = 0.165
"""Height of a line of text, in inches."""
GAP = 0.16
TOP = 0.08
SPINE = 1.75
"""Middle of the boxes of those who stay, in inches from the left."""
STAY_WIDTH = 3.3
LEAVE_LEFT = 3.85
LEAVE_WIDTH = WIDTH_INCHES - LEAVE_LEFT - 0.05
TWO_ARMS = (SPINE, LEAVE_LEFT + LEAVE_WIDTH / 2)
ARMS_IN_A_ROW = 7
CHARACTERS_PER_INCH = 12.5
ARM_HEIGHT = 0.85


def draw_flow(release: Release, *, language: str = "en") -> Figure:
    """Draw how many persons left at each step, and how many each arm got.

    Args:
        release: What may leave.
        language: Of the labels.

    Returns:
        The figure; its data are the counts as shown.
    """
    labels, design = Labels(release.plan, language), release.design
    arms = sorted(design.arms, key=lambda a: release.plan.arms.all.index(a.arm))
    sizes = [(labels.of(a.arm), persons(a.persons)) for a in arms]
    steps = [
        (
            textwrap.wrap(f"{labels.stage(s.stage)} {_n(s.n_left)}", 44),
            _leaving(s.reason, s.n_leaving),
        )
        for s in design.funnel
    ]
    rows = -(-len(sizes) // ARMS_IN_A_ROW)
    height = _depth(steps) + 0.3 + ARM_HEIGHT * rows
    with publication_style():
        canvas = new_canvas(height)
        canvas.set_layout_engine("none")
        axes = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(0, WIDTH_INCHES), ylim=(height, 0))
        axes.axis("off")
        bottom = _draw_steps(axes, steps)
        _draw_arms(axes, sizes, bottom)
        svg, png = rendered(canvas, "flow", is_synthetic=release.is_synthetic)
    data = pd.DataFrame(
        [
            (s.step, labels.stage(s.stage), s.reason, s.n_leaving, s.n_left)
            for s in design.funnel
        ]
        + [("", labels.of(a.arm), "assigned", "", a.persons) for a in arms],
        columns=["step", "stage", "reason", "n_leaving", "n_left"],
    )
    caption = f"Numbers are persons. {design.legend}".strip()
    return Figure("flow", "Flow of persons", caption, svg, png, data)


def _leaving(reason: str, n_leaving: str) -> list[str]:
    if n_leaving == "0":
        return []
    return textwrap.wrap(f"{reason} {_n(n_leaving)}", 50)


def _n(count: str) -> str:
    return f"(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{persons(count)})"


def _depth(steps: Sequence[tuple[list[str], list[str]]]) -> float:
    """Return how far down the last step reaches, as `_draw_steps` draws them."""
    y = TOP
    for i, (stay, leave) in enumerate(steps):
        if i:
            y += GAP + (GAP / 2 + _box_height(leave) if leave else 0)
        y += _box_height(stay)
    return y


def _box_height(lines: Sequence[str]) -> float:
    return LINE * len(lines) + 0.1


def _draw_steps(axes: Axes, steps: Sequence[tuple[list[str], list[str]]]) -> float:
    """Draw the steps under one another; return where the last box ends."""
    y = TOP
    for i, (stay, leave) in enumerate(steps):
        if i:
            top = y
            if leave:
                depth = _box_height(leave)
                middle = y + GAP / 2 + depth / 2
                _box(axes, LEAVE_LEFT, y + GAP / 2, LEAVE_WIDTH, leave, QUIET)
                _arrow(axes, (SPINE, middle), (LEAVE_LEFT, middle))
                y += GAP / 2 + depth
            y += GAP
            _arrow(axes, (SPINE, top), (SPINE, y))
        _box(axes, SPINE - STAY_WIDTH / 2, y, STAY_WIDTH, stay, INK)
        y += _box_height(stay)
    return y


def _draw_arms(axes: Axes, sizes: Sequence[tuple[str, str]], top: float) -> None:
    """Draw the arms side by side under the last box, at most a few in a row."""
    columns = min(len(sizes), ARMS_IN_A_ROW)
    room = WIDTH_INCHES / columns
    for i, (arm, size) in enumerate(sizes):
        row, column = divmod(i, columns)
        # Two arms stand under the two columns of boxes.
        middle = TWO_ARMS[column] if columns <= len(TWO_ARMS) else room * (column + 0.5)
        y = top + 0.3 + ARM_HEIGHT * row
        tint = CONTROL if i == 0 else colour(i - 1)
        width = min(room - 0.1, 2.6)
        lines = textwrap.wrap(arm, int(width * CHARACTERS_PER_INCH), max_lines=3)
        words = [*lines, f"n = {size}"]
        if row == 0:
            _elbow(axes, (SPINE, top), (middle, y))
        _box(axes, middle - width / 2, y, width, words, tint)


def _box(
    axes: Axes, left: float, top: float, width: float, lines: Sequence[str], edge: str
) -> None:
    height = _box_height(lines)
    axes.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.04",
            fc="white",
            ec=edge,
            lw=1.0,
        )
    )
    axes.text(
        left + width / 2,
        top + height / 2,
        "\n".join(lines),
        ha="center",
        va="center",
        fontsize=8,
        linespacing=1.25,
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": QUIET, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)


def _elbow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    middle = (start[1] + end[1]) / 2 - 0.03
    axes.plot(
        [start[0], start[0], end[0]], [start[1], middle, middle], color=QUIET, lw=0.9
    )
    _arrow(axes, (end[0], middle), end)
