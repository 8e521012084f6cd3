"""Effects as points with intervals, one row each, their numbers beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rctspark.release.drawing import Figure, publication_style, rendered
from rctspark.release.labels import lower
from rctspark.release.numerals import Scale
from rctspark.release.row_plot import PlotRow, plot_rows
from rctspark.release.tables import effect_table
from rctspark.release.wording import model_words, n_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.contracts import Effect
    from rctspark.release.labels import Labels


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
        canvas = plot_rows(_rows(groups.values(), labels), labels, scale)
        svg, png = rendered(canvas, name, is_synthetic=is_synthetic)
    words = labels.units(effects[0].outcome)[0]
    caption = (
        f"Difference from {lower(labels.of(plan.arms.control))}"
        f"{f' in {words}' if words else ''}, "
        f"{model_words(effects, labels)}, with {plan.inference.level:.0%} intervals. "
        f"{n_words(effects)}"
    )
    title = f"Effects in {words}" if words else "Effects"
    return Figure(name, title, caption, svg, png, effect_table(effects, labels))


def _row_order(e: Effect, labels: Labels) -> tuple[int, int]:
    order = [o.name for o in labels.plan.outcomes]
    return order.index(e.outcome), e.horizon


def _rows(groups: Iterable[Sequence[Effect]], labels: Labels) -> list[PlotRow]:
    is_single = len(labels.plan.arms.treatments) == 1
    rows = []
    for group in groups:
        first = group[0]
        when = labels.horizon(first.outcome, first.horizon)
        head = f"{labels.of(first.outcome)}, {when}"
        if is_single:
            rows.append(PlotRow(head, first))
        else:
            rows.append(PlotRow(head))
            rows += [PlotRow(labels.of(e.arm), e) for e in group]
    return rows
