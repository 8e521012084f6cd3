"""Effects as points with intervals, one row each, their numbers beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rctspark.release.drawing import (
    INK,
    QUIET,
    Figure,
    colour,
    marker,
    new_canvas,
    publication_style,
    rendered,
)
from rctspark.release.numerals import Scale, fixed
from rctspark.release.tables import effect_table
from rctspark.release.wording import lower, n_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels

ROW_INCHES = 0.235


def draw_forest(
    unit: str, effects: Sequence[Effect], labels: Labels, *, is_synthetic: bool
) -> Figure:
    """Draw effects of one unit as points with intervals, numbers beside them.

    Args:
        unit: Unit of all of them, as the plan names it.
        effects: In the order of rows; arms in the order of the plan.
        labels: Words.
        is_synthetic: Whether the data are made up.

    Returns:
        The figure; its data hold every number drawn, with n.
    """
    plan = labels.plan
    place = {arm: i for i, arm in enumerate(plan.arms.treatments)}
    effects = sorted(effects, key=lambda e: place[e.arm])
    groups: dict[tuple[str, int, str], list[Effect]] = {}
    for e in sorted(effects, key=lambda e: _row_order(e, labels)):
        groups.setdefault((e.outcome, e.horizon, e.population), []).append(e)
    scale = Scale.of(effects, is_share=unit == "share")
    name = "effects-" + re.sub(r"[^a-z0-9]+", "-", unit.lower()).strip("-")
    with publication_style():
        canvas = _forest_canvas(list(groups.values()), labels, scale)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    words = labels.units(effects[0].outcome)[0]
    caption = (
        f"Difference from {lower(labels.of(plan.arms.control))} in {words}, with "
        f"{plan.inference.level:.0%} intervals. {n_words(effects)}"
    )
    title = f"Effects in {words}" if words else "Effects"
    return Figure(name, title, caption, svg, png, effect_table(effects, labels))


def _row_order(e: Effect, labels: Labels) -> tuple[int, int]:
    order = [o.name for o in labels.plan.outcomes]
    return order.index(e.outcome), e.horizon


def _forest_canvas(
    groups: Sequence[Sequence[Effect]], labels: Labels, scale: Scale
) -> Canvas:
    plan = labels.plan
    is_single = len(plan.arms.treatments) == 1
    rows: list[tuple[str, Effect | None]] = []
    for group in groups:
        first = group[0]
        when = labels.horizon(first.outcome, first.horizon)
        head = f"{labels.of(first.outcome)}, {when}"
        if is_single:
            rows.append((head, first))
        else:
            rows += [(head, None), *((labels.of(e.arm), e) for e in group)]
    canvas = new_canvas(ROW_INCHES * len(rows) + 0.75)
    axes, text = canvas.subplots(1, 2, width_ratios=[1, 1], sharey=True)
    for y, (_, e) in enumerate(rows):
        if e is not None:
            _forest_row(axes, text, y, e, scale, plan.arms.treatments.index(e.arm))
    axes.axvline(0, color=INK, lw=0.9)
    axes.set_yticks(range(len(rows)), [words for words, _ in rows])
    for tick, (_, e) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(INK)
        tick.set_fontweight("bold" if e is None else "normal")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(labels.units(groups[0][0].outcome)[0])
    text.set_xlim(0, 1)
    text.axis("off")
    for x, words in (
        (0.0, f"Effect ({plan.inference.level:.0%} interval)"),
        (1.0, "n arm / control"),
    ):
        text.text(
            x,
            1.0,
            words,
            transform=text.transAxes,
            ha="left" if x == 0 else "right",
            va="bottom",
            color=QUIET,
            fontsize=8,
        )
    return canvas


def _forest_row(
    axes: Axes, text: Axes, y: int, e: Effect, scale: Scale, place: int
) -> None:
    low, high = e.ci_lower * scale.factor, e.ci_upper * scale.factor
    axes.hlines(y, low, high, color=colour(place), lw=1.6)
    axes.plot(
        [e.estimate * scale.factor],
        [y],
        marker=marker(place),
        ms=5,
        color=colour(place),
    )
    interval = f"({scale.write(e.ci_lower)} to {scale.write(e.ci_upper)})"
    words = f"{scale.write(e.estimate, sign=True)}  {interval}"
    text.text(0.0, y, words, va="center", fontsize=8)
    counts = f"{fixed(e.n_arm, 0)} / {fixed(e.n_against, 0)}"
    text.text(1.0, y, counts, va="center", ha="right", fontsize=8)
