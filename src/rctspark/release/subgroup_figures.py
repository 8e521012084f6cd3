"""Figures of effects by category: one panel per category, the arms below one another.

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
from rctspark.release.labels import Labels
from rctspark.release.numerals import STARS, stars
from rctspark.release.tables import effect_table
from rctspark.release.wording import lower, n_words

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
    """Draw effects of one unit at one horizon, a panel per category.

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
    with publication_style():
        canvas = new_canvas(ARM_INCHES * grid.step * len(grid.outcomes) + 1.0)
        drawn = canvas.subplots(1, len(grid.categories), sharex=True, sharey=True)
        panels = [drawn] if len(grid.categories) == 1 else list(drawn)
        for axes, category in zip(panels, grid.categories, strict=True):
            title = f"{labels.of(covariate)}: {lower(labels.of(category))}"
            axes.set_title(textwrap.fill(title, TITLES // len(panels)))
            _draw(axes, grid, category, labels)
        panels[0].set_yticks(grid.middles, [labels.of(o) for o in grid.outcomes])
        panels[0].set_ylim(len(grid.outcomes) * grid.step - OUTCOME_GAP, -1.0)
        canvas.supxlabel(labels.units(first.outcome)[0], fontsize=8.5, color=INK)
        _legend(canvas, panels[0], grid, labels)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    when = labels.horizon(first.outcome, first.horizon)
    key = name.replace("-", "_")
    title = f"Effects by {lower(labels.of(covariate))}, {when}"
    title = labels.of(key) if key in plan.labels else title
    caption = _caption(effects, labels, when, places=grid.places)
    return Figure(name, title, caption, svg, png, effect_table(effects, labels))


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
            stars(e.p_value),
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
    limits = ", ".join(f"{sign} p < {limit:.2f}" for limit, sign in reversed(STARS))
    gaps = " Where no point stands, the effect may not be shown."
    whole = category_parts(effects[0].population)[0]
    return (
        f"{labels.of(whole)}, {when}: difference from "
        f"{lower(labels.of(plan.arms.control))} in each category, with "
        f"{plan.inference.level:.0%} intervals. {limits}, two-sided, each for its own "
        f"effect alone. {n_words(effects)}{gaps if len(effects) < places else ''}"
    )
