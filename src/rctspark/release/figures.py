"""Figures of effects; those by horizon, with bands, are drawn here."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from rctspark.config.plan import PanelOutcome
from rctspark.release.drawing import (
    CONTROL,
    INK,
    QUIET,
    Figure,
    colour,
    marker,
    new_canvas,
    publication_style,
    rendered,
    whole_ticks,
)
from rctspark.release.forest import draw_forest
from rctspark.release.labels import Labels, lower
from rctspark.release.tables import effect_table, headline_effects, main_model
from rctspark.release.wording import n_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from numpy.typing import NDArray

    from rctspark.contracts import Effect
    from rctspark.release.released import Release

THREE = 3
TITLE_WIDTH = {False: 60, True: 26}
"""Characters of a title, by whether three panels stand in a row."""
FEWEST_PERIODS = 2
"""Means of fewer periods than this make no course, and no panel."""
PANELS_SIDE_BY_SIDE = 4
"""Up to this many panels stand two in a row; more stand three in a row."""
GAPS = "Where no point stands, the outcome is not observed, or may not be shown."


def effect_figures(release: Release, *, language: str = "en") -> list[Figure]:
    """Draw the effects of a release.

    Args:
        release: What may leave.
        language: Of the labels.

    Returns:
        For each unit a figure of points with intervals (headlines and outcomes with
        a fixed horizon), then for each panel outcome its course by arm and the effect
        of each arm by horizon with its band.
    """
    labels = Labels(release.plan, language)
    figures, fake = _forests(release, labels), release.is_synthetic
    for outcome in release.plan.panel_outcomes:
        effects = _first_population(release, outcome.name)
        if len({e.horizon for e in effects}) > 1:
            figures.append(
                draw_by_horizon(outcome.name, effects, labels, is_synthetic=fake)
            )
    return figures


def _first_population(release: Release, outcome: str) -> list[Effect]:
    """Return one line per arm and horizon, in every model."""
    first = release.plan.analyses[0].population
    own = [e for e in release.effects if e.outcome == outcome and e.population == first]
    sites = sorted({e.site for e in own}, key=lambda site: (site != "all", site))
    return [e for e in own if e.site == sites[0]]


def draw_by_horizon(
    name: str, effects: Sequence[Effect], labels: Labels, *, is_synthetic: bool
) -> Figure:
    """Draw the means of the arms by horizon, and the effect of each arm with its band.

    Args:
        name: A panel outcome.
        effects: Its effects, of one population and site, in any models; the means
            are drawn where there is a model without covariates.
        labels: Words.
        is_synthetic: Whether the data are made up.

    Returns:
        The figure; its data hold every number drawn, with n.
    """
    plan = labels.plan
    model = main_model(plan, name)
    adjusted = [e for e in effects if e.model == model]
    plain = {m.name for m in plan.models if not m.covariates}
    levels = _course(e for e in effects if e.model in plain)
    arms = [a for a in plan.arms.treatments if any(e.arm == a for e in adjusted)]
    planned = plan.horizons(next(o for o in plan.panel_outcomes if o.name == name))
    first, last = planned[0], planned[-1]
    factor = 100.0 if labels.outcome(name).unit == "share" else 1.0
    with publication_style():
        canvas, panels = _panels(len(arms), has_levels=bool(levels))
        if levels:
            top = panels.pop(0)
            _draw_levels(top, levels, labels, factor)
            whole_ticks(top, first, last)
        for i, (axes, arm) in enumerate(zip(panels, arms, strict=True)):
            own = sorted((e for e in adjusted if e.arm == arm), key=lambda e: e.horizon)
            letter = chr(ord("B" if plain else "A") + i)
            title = f"{letter}. Effect of {lower(labels.of(arm))}"
            width = TITLE_WIDTH[len(panels) == THREE]
            axes.set_title(textwrap.fill(title, width, break_on_hyphens=False))
            _draw_band(axes, own, plan.arms.treatments.index(arm), factor)
            whole_ticks(axes, first, last)
            axes.set_ylabel(labels.units(name)[0])
        _finish(canvas, panels, labels)
        svg, png = rendered(canvas, f"by-horizon-{name}", is_synthetic=is_synthetic)
    data = effect_table([*levels, *(e for e in adjusted if e not in levels)], labels)
    gaps = f" {GAPS}" if _has_gap(adjusted, planned) else ""
    caption = (
        f"{'Panel A: mean of each arm, unadjusted. ' if levels else ''}"
        f"Effects against {lower(labels.of(plan.arms.control))}, model "
        f"\N{LEFT DOUBLE QUOTATION MARK}{labels.of(model)}"
        f"\N{RIGHT DOUBLE QUOTATION MARK}, with pointwise {plan.inference.level:.0%} "
        f"intervals. {n_words(adjusted)}{gaps}"
    )
    return Figure(f"by-horizon-{name}", labels.of(name), caption, svg, png, data)


def _course(levels: Iterable[Effect]) -> list[Effect]:
    """Return the means that make a course; none where they are of one period alone."""
    own = list(levels)
    return own if len({e.horizon for e in own}) >= FEWEST_PERIODS else []


def _panels(n_arms: int, *, has_levels: bool) -> tuple[Canvas, list[Axes]]:
    """Lay out one panel for the means, where there are any, and one for each arm."""
    total = n_arms + has_levels
    columns = min(total, 2 if total <= PANELS_SIDE_BY_SIDE else 3)
    if total == THREE and not has_levels:
        columns = THREE
    spans = has_levels and total > 1 and total % columns == 1
    below = -(-(total - spans) // columns)
    rows = below + spans
    room = 0.2 if has_levels else 0.0
    canvas = new_canvas(2.75 * rows + (0.1 if rows == 1 else -0.2 * rows) + room)
    grid = canvas.add_gridspec(rows, columns)
    panels = [canvas.add_subplot(grid[0, :])] if spans else []
    for i in range(total - spans):
        place = grid[i // columns + spans, i % columns]
        panels.append(canvas.add_subplot(place))
    return canvas, panels


def _draw_levels(
    axes: Axes, levels: Sequence[Effect], labels: Labels, factor: float
) -> None:
    plan, name = labels.plan, levels[0].outcome
    control = {e.horizon: e.mean_against * factor for e in levels}
    words = labels.of(plan.arms.control)
    axes.plot(
        *_with_gaps(control), color=CONTROL, ls="--", label=words, marker=".", ms=3.5
    )
    for i, arm in enumerate(plan.arms.treatments):
        own = {
            e.horizon: (e.mean_against + e.estimate) * factor
            for e in levels
            if e.arm == arm
        }
        if own:
            axes.plot(
                *_with_gaps(own),
                color=colour(i),
                label=labels.of(arm),
                marker=".",
                ms=3.5,
            )
    axes.set_title("A. Mean by arm")
    axes.set_ylabel(labels.units(name)[1])
    axes.margins(y=0.12)


def _draw_band(
    axes: Axes, effects: Sequence[Effect], place: int, factor: float
) -> None:
    tint = colour(place)
    x, estimate = _with_gaps({e.horizon: e.estimate * factor for e in effects})
    low = _with_gaps({e.horizon: e.ci_lower * factor for e in effects})[1]
    high = _with_gaps({e.horizon: e.ci_upper * factor for e in effects})[1]
    axes.fill_between(x, low, high, color=tint, alpha=0.18, lw=0)
    alone = _without_neighbours(estimate)
    axes.vlines(x[alone], low[alone], high[alone], color=tint, alpha=0.5, lw=1.2)
    axes.plot(x, estimate, color=tint, marker=marker(place), ms=3.2)
    axes.axhline(0, color=INK, lw=0.9)
    if x.min() < 0:
        axes.axvline(-0.5, color=QUIET, lw=0.8, ls=":")


def _finish(canvas: Canvas, panels: Sequence[Axes], labels: Labels) -> None:
    """Give the panels of effects one vertical axis, and the whole its legend."""
    canvas.supxlabel(labels.time_axis, fontsize=8.5, color=INK)
    handles, words = canvas.axes[0].get_legend_handles_labels()
    if words:
        canvas.legend(handles, words, loc="outside upper right", ncols=len(words))
    limits = [axes.get_ylim() for axes in panels]
    for axes in panels:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def _with_gaps(
    values: Mapping[int, float],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return every horizon from first to last, not a number where there is none."""
    x = np.arange(min(values), max(values) + 1)
    return x, np.array([values.get(int(h), np.nan) for h in x])


def _without_neighbours(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which points stand alone, so that a band between points can't show them."""
    padded = np.concatenate([[np.nan], values, [np.nan]])
    alone: NDArray[np.bool_] = (
        np.isfinite(values) & np.isnan(padded[:-2]) & np.isnan(padded[2:])
    )
    return alone


def _has_gap(effects: Sequence[Effect], planned: Sequence[int]) -> bool:
    shown = {(e.arm, e.horizon) for e in effects}
    arms = {e.arm for e in effects}
    return len(shown) < len(arms) * len(planned)


def _forests(release: Release, labels: Labels) -> list[Figure]:
    plan = release.plan
    panels = {o.name for o in plan.outcomes if isinstance(o, PanelOutcome)}
    fixed_horizon = [
        e
        for o in plan.outcomes
        if o.name not in panels
        for e in _first_population(release, o.name)
        if e.model == main_model(plan, o.name)
    ]
    heads = [e for e in headline_effects(release.effects, plan) if e.outcome in panels]
    by_unit: dict[str, list[Effect]] = {}
    for e in [*fixed_horizon, *heads]:
        by_unit.setdefault(labels.outcome(e.outcome).unit, []).append(e)
    first = {h.outcome for h in plan.headlines}
    return [
        draw_forest(unit, effects, labels, is_synthetic=release.is_synthetic)
        for unit, effects in by_unit.items()
        # A point alone says no more than its row in the table, unless it comes first.
        if len(effects) > 1 or effects[0].outcome in first
    ]
