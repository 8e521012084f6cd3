"""Figures of effects by category: a panel or a row for each.

Drawn from the effects that may leave, like the tables of subgroups. A sign stands
beside an effect whose p-value in the record is below its level; it is not adjusted for
how many effects there are, and the caption says so.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.release.category_screening import category_parts, is_of_category
from rctspark.release.drawing import (
    INK,
    Figure,
    colour,
    marker,
    new_canvas,
    publication_style,
    rendered,
)
from rctspark.release.labels import Labels, lower
from rctspark.release.numerals import Scale
from rctspark.release.row_plot import PlotRow, plot_rows
from rctspark.release.signs import legend_of, sign_of
from rctspark.release.tables import effect_table
from rctspark.release.wording import model_words, n_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from rctspark.contracts import Effect
    from rctspark.release.released import Release

PREFIX = "subgroups-"
TITLES = 56
"""Characters of the panels' titles that fit beside one another."""
ARM_INCHES = 0.135
LEAST_INCHES = 0.8
"""Height of panels that have few rows."""
TITLE_INCHES = 0.16
"""What each further line of a panel's title adds."""
MOST_PANELS = 3
"""Categories that stand beside one another; more stand below one another."""
OUTCOME_GAP = 0.9
"""Room between two outcomes, in rows of an arm."""


def subgroup_figures(release: Release, *, language: str = "en") -> list[Figure]:
    """Draw the effects by category at their last horizon.

    Args:
        release: What may leave.
        language: Of the labels.

    Returns:
        A figure per population, covariate, model and unit of outcomes; none where
        no such effect may leave.
    """
    labels = Labels(release.plan, language)
    units: dict[tuple[str, str, str, str], list[Effect]] = {}
    for e in release.effects:
        if is_of_category(e) and e.site == "all":
            whole, covariate, _ = category_parts(e.population)
            key = (whole, covariate, e.model, labels.outcome(e.outcome).unit)
            units.setdefault(key, []).append(e)
    counted = [key[:3] for key in units]
    figures = []
    for key, effects in units.items():
        last = max(e.horizon for e in effects)
        own = [e for e in effects if e.horizon == last]
        # Of several models or units, only the first bears the plain name.
        is_first = counted.index(key[:3]) == list(units).index(key)
        suffix = "" if is_first else f"-{key[3]}"
        figures.append(
            draw_subgroups(own, labels, suffix, is_synthetic=release.is_synthetic)
        )
    return figures


def draw_subgroups(
    effects: Sequence[Effect], labels: Labels, suffix: str = "", *, is_synthetic: bool
) -> Figure:
    """Draw effects of one unit at one horizon, category by category.

    Of several arms in up to three categories each category has a panel, the outcomes
    below one another; otherwise each category has a row under its outcome, with its
    numbers beside it.

    Args:
        effects: Effects by the categories of one covariate, in one model.
        labels: Words; a label of the figure's name, `subgroups_<population>_
            <covariate>`, is its title.
        suffix: Put behind the name.
        is_synthetic: Whether the data are made up.

    Returns:
        The figure; its data hold every number drawn, with p and n.
    """
    plan, first = labels.plan, effects[0]
    whole, covariate, _ = category_parts(first.population)
    name = f"{PREFIX}{whole}-{covariate}{suffix}"
    grid = _Grid.of(effects, labels)
    has_panels = len(grid.arms) > 1 and len(grid.categories) <= MOST_PANELS
    with publication_style():
        canvas = (_panels if has_panels else _rows)(grid, labels)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    when = labels.horizon(first.outcome, first.horizon)
    key = name.replace("-", "_")
    title = f"Effects by {lower(labels.of(covariate))}, {when}"
    title = labels.of(key) if key in plan.labels else title
    caption = _caption(effects, labels, when, places=grid.places)
    return Figure(name, title, caption, svg, png, effect_table(effects, labels))


def _panels(grid: _Grid, labels: Labels) -> Canvas:
    """Draw a panel per category; its title grows with its lines, unbroken in words."""
    characters = TITLES // len(grid.categories)
    titles = [
        textwrap.fill(
            labels.of(category),
            characters,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for category in grid.categories
    ]
    lines = max(title.count("\n") for title in titles)
    drawing = ARM_INCHES * grid.step * len(grid.outcomes)
    canvas = new_canvas(max(drawing, LEAST_INCHES) + 1.0 + TITLE_INCHES * lines)
    drawn = canvas.subplots(1, len(titles), sharex=True, sharey=True, squeeze=False)
    panels = list(drawn[0])
    for axes, category, title in zip(panels, grid.categories, titles, strict=True):
        axes.set_title(title)
        _draw(axes, grid, category, labels)
    panels[0].set_yticks(grid.middles, [labels.of(o) for o in grid.outcomes])
    panels[0].set_ylim(len(grid.outcomes) * grid.step - OUTCOME_GAP, -1.0)
    unit = labels.units(grid.outcomes[0])[0]
    canvas.supxlabel(unit, fontsize=8.5, color=INK)
    _legend(canvas, panels[0], grid, labels)
    return canvas


def _rows(grid: _Grid, labels: Labels) -> Canvas:
    """Draw a row per category under its outcome; of several arms, one for each."""
    rows: list[PlotRow] = []
    for outcome in grid.outcomes:
        rows.append(PlotRow(labels.of(outcome)))
        for category in grid.categories:
            for e in grid.of_category(outcome, category):
                words = labels.of(category)
                if len(grid.arms) > 1:
                    words += f": {lower(labels.of(e.arm))}"
                sign = sign_of(labels.plan, e.p_value, e.population)
                rows.append(PlotRow(words, e, sign))
    is_share = labels.outcome(grid.outcomes[0]).unit == "share"
    return plot_rows(rows, labels, Scale.of(grid.effects, is_share=is_share))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where each effect stands: a panel per category, rows by outcome and arm."""

    effects: tuple[Effect, ...]
    categories: tuple[str, ...]
    outcomes: tuple[str, ...]
    arms: tuple[str, ...]
    factor: float

    @classmethod
    def of(cls, effects: Sequence[Effect], labels: Labels) -> _Grid:
        """Put categories, outcomes and arms in the order of the plan."""
        plan, first = labels.plan, effects[0]
        covariate = category_parts(first.population)[1]
        found = {category_parts(e.population)[2] for e in effects}
        outcomes, arms = {e.outcome for e in effects}, {e.arm for e in effects}
        is_share = labels.outcome(first.outcome).unit == "share"
        return cls(
            tuple(effects),
            tuple(
                c for c in plan.categories.get(covariate, sorted(found)) if c in found
            ),
            tuple(o.name for o in plan.outcomes if o.name in outcomes),
            tuple(a for a in plan.arms.treatments if a in arms),
            100.0 if is_share else 1.0,
        )

    @property
    def step(self) -> float:
        """Rows from one outcome to the next."""
        return len(self.arms) + OUTCOME_GAP

    @property
    def middles(self) -> list[float]:
        """Where the words for each outcome stand."""
        half = (len(self.arms) - 1) / 2
        return [i * self.step + half for i in range(len(self.outcomes))]

    def of_category(self, outcome: str, category: str) -> list[Effect]:
        """Return the effects on an outcome in a category, arms in the plan's order."""
        own = [
            e
            for e in self.effects
            if e.outcome == outcome and category_parts(e.population)[2] == category
        ]
        return sorted(own, key=lambda e: self.arms.index(e.arm))

    @property
    def places(self) -> int:
        """Effects that there would be if all may leave."""
        return len(self.outcomes) * len(self.arms) * len(self.categories)


def _draw(axes: Axes, grid: _Grid, category: str, labels: Labels) -> None:
    for e in grid.effects:
        if category_parts(e.population)[2] != category:
            continue
        y = grid.outcomes.index(e.outcome) * grid.step + grid.arms.index(e.arm)
        low, high = e.ci_lower * grid.factor, e.ci_upper * grid.factor
        tint = _colour(e.arm, labels)
        axes.hlines(y, low, high, color=tint, lw=1.3)
        point, shape = e.estimate * grid.factor, _marker(e.arm, labels)
        axes.plot([point], [y], marker=shape, ms=3.6, color=tint)
        axes.annotate(
            sign_of(labels.plan, e.p_value, e.population),
            (high, y),
            xytext=(2.5, -2.2),
            textcoords="offset points",
            color=INK,
            fontsize=8,
            va="center",
        )
    axes.axvline(0, color=INK, lw=0.9)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.1)


def _legend(canvas: Canvas, axes: Axes, grid: _Grid, labels: Labels) -> None:
    handles = [
        axes.plot([], [], color=_colour(a, labels), marker=_marker(a, labels), ms=4)[0]
        for a in grid.arms
    ]
    words = [labels.of(a) for a in grid.arms]
    canvas.legend(handles, words, loc="outside upper right", ncols=len(words))


def _colour(arm: str, labels: Labels) -> str:
    return colour(labels.plan.arms.treatments.index(arm))


def _marker(arm: str, labels: Labels) -> str:
    return marker(labels.plan.arms.treatments.index(arm))


def _caption(
    effects: Sequence[Effect], labels: Labels, when: str, *, places: int
) -> str:
    plan = labels.plan
    limits = legend_of(labels, {e.population for e in effects}).removesuffix(".")
    gaps = " Where no point stands, the effect may not be shown."
    whole = category_parts(effects[0].population)[0]
    return (
        f"{labels.of(whole)}, {when}: difference from "
        f"{lower(labels.of(plan.arms.control))} in each category, with "
        f"{plan.inference.level:.0%} intervals; "
        f"{model_words(effects, labels)}. {limits}, each for its own effect alone. "
        f"{n_words(effects)}{gaps if len(effects) < places else ''}"
    )
