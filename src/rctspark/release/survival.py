"""Figures and words of durations: who is still in, who left how, and the tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.release.drawing import (
    CONTROL,
    INK,
    Figure,
    colour,
    new_canvas,
    publication_style,
    rendered,
    whole_ticks,
)
from rctspark.release.duration_words import MEANS, clock_words, hazard_words
from rctspark.release.durations import ARM, INTERVIEW, duration_tables
from rctspark.release.labels import lower
from rctspark.release.numerals import fixed, p_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from rctspark.config.plan import DurationPlan
    from rctspark.contracts.duration_tables import CurvePoint, DurationEstimate
    from rctspark.release.durations import DurationResults
    from rctspark.release.labels import Labels
    from rctspark.release.released import Release

ANY = "any"
BAND = 0.16
RATIOS = ("cox", "cloglog", "timing")
IN_POINTS = ("incidence_difference", "timing_points")
METHODS = {
    "log_rank": "Log-rank test that arms leave alike",
    "gray": "Test of Gray that arms leave alike",
    "incidence_difference": "Share that has left (difference)",
    "restricted_mean_difference": "Mean time (difference)",
    "cox": "Hazard ratio of leaving",
    "logit": "Log odds of leaving in a period",
    "cloglog": "Hazard ratio of leaving",
    "timing": "Hazard ratio of leaving",
    "timing_points": "Points of exit by the interview",
}


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """One line of the table: words, then numbers as they are printed."""

    what: str
    about: str
    estimate: str
    interval: str
    p: str
    n: str


@dataclass(frozen=True, slots=True)
class ShownModel:
    """The numbers of one model, or of the arms compared without any.

    Attributes:
        title: Its name in words.
        told: What the model is: hazard, baseline, covariates, the interview.
        lines: Its contrasts, tests and effects.
    """

    title: str
    told: str
    lines: tuple[ShownEstimate, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ShownDuration:
    """One duration of the report.

    Attributes:
        name: Name in the plan.
        title: In words.
        told: From when to when time runs, and the ways of leaving.
        figure: Its curves. None: nothing may be drawn.
        models: Its numbers, those without a model first.
    """

    name: str
    title: str
    told: str
    figure: Figure | None
    models: tuple[ShownModel, ...]


def shown_durations(release: Release, labels: Labels) -> list[ShownDuration]:
    """Lay durations out for reading.

    Args:
        release: What may leave.
        labels: Words.

    Returns:
        One per duration of the plan of which something may leave.
    """
    results = {one.name: one for one in release.durations}
    return [
        ShownDuration(
            name=planned.name,
            title=planned.title or labels.of(planned.name),
            told=clock_words(planned, labels),
            figure=draw_duration(
                planned,
                results[planned.name],
                labels,
                is_synthetic=release.is_synthetic,
            ),
            models=tuple(shown_models(planned, results[planned.name], labels)),
        )
        for planned in release.plan.durations
        if planned.name in results
    ]


def shown_models(
    planned: DurationPlan, found: DurationResults, labels: Labels
) -> list[ShownModel]:
    """Lay the numbers of a duration out by what they come from.

    Args:
        planned: The duration.
        found: What may leave of it.
        labels: Words.

    Returns:
        The arms compared without a model, then each model in the plan's order; none
        of which nothing may leave.
    """
    told = {
        model.name: hazard_words(model, planned, labels) for model in planned.models
    }
    titles = {name: labels.of(name) for name in told}
    titles[""] = f"Arms compared with {lower(labels.of(labels.plan.arms.control))}"
    shown = []
    for name in ("", *told):
        own = [e for e in found.estimates if e.model == name]
        lines = tuple(describe_estimates(planned, own, labels))
        if lines:
            words = told.get(name, "Nothing is adjusted for.")
            shown.append(ShownModel(titles[name], words, lines))
    return shown


def draw_duration(
    planned: DurationPlan,
    found: DurationResults,
    labels: Labels,
    *,
    is_synthetic: bool,
) -> Figure | None:
    """Draw who is still in by arm, and who has left in each way.

    Args:
        planned: The duration.
        found: What may leave of it.
        labels: Words.
        is_synthetic: Whether the data are made up.

    Returns:
        The figure, a panel per curve and way of leaving, with pointwise bands; None:
        there is no curve.
    """
    survival = [p for p in found.points if p.curve == "survival"]
    incidence = [p for p in found.points if p.curve == "incidence"]
    panels: list[tuple[str, Sequence[CurvePoint]]] = []
    if survival:
        panels.append(("Still in", survival))
    for cause in planned.causes:
        own = [p for p in incidence if p.cause == cause]
        if own:
            panels.append((f"Left: {lower(labels.of(cause))}", own))
    if not panels:
        return None
    name = f"duration-{planned.name}"
    with publication_style():
        canvas = new_canvas(2.7)
        for i, (title, points) in enumerate(panels):
            axes = canvas.add_subplot(1, len(panels), i + 1)
            axes.set_title(f"{chr(ord('A') + i)}. {title}")
            _draw(axes, points, labels)
            whole_ticks(axes, 0, planned.until)
            if i == 0:
                axes.set_ylabel("%")
                axes.legend(loc="best")
        canvas.supxlabel(f"{planned.unit.capitalize()}s", fontsize=8.5, color=INK)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    level = max(p.level for _, points in panels for p in points)
    caption = (
        f"Kaplan-Meier and Aalen-Johansen estimates by arm with pointwise {level:.0%} "
        "intervals; points between which fewer than the minimum of persons left are "
        f"drawn together. n at the start: {_at_the_start(panels[0][1], labels)}; "
        "persons at risk later, in tens, stand in the data."
    )
    data = duration_tables([found])["duration_curves"]
    title = planned.title or labels.of(planned.name)
    return Figure(name, title, caption, svg, png, data)


def _at_the_start(points: Sequence[CurvePoint], labels: Labels) -> str:
    """Say how many of each arm are at risk at the first point, in tens."""
    first: dict[str, CurvePoint] = {}
    for point in sorted(points, key=lambda p: p.time):
        first.setdefault(point.arm, point)
    arms = [arm for arm in labels.plan.arms.all if arm in first]
    return ", ".join(
        f"{fixed(first[arm].n_at_risk, 0)} {lower(labels.of(arm))}" for arm in arms
    )


def _draw(axes: Axes, points: Sequence[CurvePoint], labels: Labels) -> None:
    arms = labels.plan.arms
    start = 100.0 if points[0].curve == "survival" else 0.0
    for arm in arms.all:
        own = [p for p in points if p.arm == arm]
        if not own:
            continue
        ink = CONTROL if arm == arms.control else colour(arms.treatments.index(arm))
        times = [0, *(p.time for p in own)]
        axes.step(
            times,
            [start, *(100 * p.value for p in own)],
            where="post",
            color=ink,
            label=labels.of(arm),
        )
        axes.fill_between(
            times,
            [start, *(100 * _known(p.ci_lower, p.value) for p in own)],
            [start, *(100 * _known(p.ci_upper, p.value) for p in own)],
            step="post",
            color=ink,
            alpha=BAND,
            linewidth=0,
        )


def _known(end: float | None, value: float) -> float:
    return value if end is None else end


def describe_estimates(
    planned: DurationPlan, estimates: Iterable[DurationEstimate], labels: Labels
) -> list[ShownEstimate]:
    """Write contrasts, tests and effects of a duration for reading.

    Args:
        planned: The duration.
        estimates: What may leave of it.
        labels: Words.

    Returns:
        One line each, in the same order: changes of a log hazard as ratios, shares in
        points, mean times in the duration's unit.
    """
    return [
        ShownEstimate(
            what=_what(e, planned),
            about=_about(planned, e, labels),
            estimate=_estimate(e, planned),
            interval=_interval(e),
            p=p_text(e.p_value),
            n=fixed(e.n_persons, 0),
        )
        for e in estimates
    ]


def _what(e: DurationEstimate, planned: DurationPlan) -> str:
    """Name the number: in timing of events, arms act on having the interview."""
    if e.method == "timing" and e.term.startswith(ARM):
        return "Hazard ratio of having the interview"
    if e.method in RATIOS and e.term == INTERVIEW:
        return "Hazard ratio of leaving after the interview"
    if e.method == "restricted_mean_difference":
        return f"{MEANS[planned.ends_at]} (difference)"
    return METHODS[e.method]


def _about(planned: DurationPlan, e: DurationEstimate, labels: Labels) -> str:
    term = e.term.removeprefix(ARM)
    parts = ["" if term in {"arms", INTERVIEW} else labels.of(term)]
    # A hazard of the interview has its name where the others have a way of leaving.
    parts.append("" if e.cause in {ANY, INTERVIEW} else labels.of(e.cause))
    when = f"within {e.horizon} {planned.unit}s"
    if e.method == "restricted_mean_difference":
        when = f"of the first {e.horizon} {planned.unit}s"
    parts.append(when if e.horizon else "")
    return ", ".join(part for part in parts if part)


def _scaled(e: DurationEstimate, value: float) -> str:
    if e.method in RATIOS:
        return fixed(math.exp(value), 2)
    if e.method in IN_POINTS:
        return fixed(100 * value, 1)
    return fixed(value, 2)


def _unit(e: DurationEstimate, planned: DurationPlan) -> str:
    if e.method in IN_POINTS:
        return " points"
    is_time = e.method == "restricted_mean_difference"
    return f" {planned.unit}s" if is_time else ""


def _estimate(e: DurationEstimate, planned: DurationPlan) -> str:
    if e.estimate is None:
        known = e.statistic is not None
        return f"chi-square {fixed(e.statistic or 0.0, 1)}, {e.df} df" if known else ""
    return f"{_scaled(e, e.estimate)}{_unit(e, planned)}"


def _interval(e: DurationEstimate) -> str:
    if e.ci_lower is None or e.ci_upper is None:
        return ""
    return f"{_scaled(e, e.ci_lower)} to {_scaled(e, e.ci_upper)}"
