"""Which periods of a person the panel holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.dates import last_day_of, period_of, shift_day
from rctspark.periods import PeriodKind, Window

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config import Plan

ANCHORS = {
    "origin": "origin_date",
    "invitation": "invitation_date",
    "enrolment": "enrolment_date",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Periods that a covariate looks at, counted from one of the person's dates.

    Attributes:
        anchor: Date column of the population. A person without the date has no
            such periods.
        window: Periods from the anchor's.
    """

    anchor: str
    window: Window


@dataclass(frozen=True, slots=True)
class PanelSpan:
    """What the panel of a plan holds.

    Attributes:
        kind: Months or weeks.
        window: Horizons of every person, from the period of `origin_date`.
        benefits: Schemes whose spells count as benefit.
        earnings_sources: Sources of earnings that count.
        reaches: Periods that must be there besides. A person's panel runs without a
            gap from the earliest period to the last of window and reaches, so a
            horizon outside `window` can occur, for covariates only.
        contact_starters: Who must have started a contact for it to count. Empty:
            anyone.
    """

    kind: PeriodKind
    window: Window
    benefits: tuple[str, ...]
    earnings_sources: tuple[str, ...]
    reaches: tuple[Reach, ...] = ()
    contact_starters: tuple[str, ...] = ()


def span_of(plan: Plan) -> PanelSpan:
    """Read from a plan which periods its panel needs.

    Args:
        plan: The analysis plan.

    Returns:
        Its window, and what its covariates look at beyond that.
    """
    reaches = {
        Reach(ANCHORS[c.anchor], Window(*c.panel))
        for c in plan.covariates
        if c.panel is not None
    }
    return PanelSpan(
        kind=plan.period,
        window=plan.window.window,
        benefits=plan.population.benefits,
        earnings_sources=plan.earnings_sources,
        reaches=tuple(sorted(reaches, key=repr)),
        contact_starters=plan.contact_starters,
    )


def attach_span(population: DataFrame, *, span: PanelSpan) -> DataFrame:
    """Give every person the days between which the panel looks.

    Args:
        population: POPULATION.
        span: What the panel holds.

    Returns:
        One row per person: `person_id`, `origin_period` (first day of the period of
        horizon 0), `first_day` and `last_day` of the person's panel.
    """
    kind = span.kind
    own = [Reach("origin_date", span.window), *span.reaches]
    firsts = [_edge(reach.anchor, reach.window.first, kind) for reach in own]
    lasts = [_edge(reach.anchor, reach.window.last, kind) for reach in own]
    last_period = F.greatest(*lasts) if span.reaches else lasts[0]
    return population.select(
        "person_id",
        period_of(F.col("origin_date"), kind).alias("origin_period"),
        (F.least(*firsts) if span.reaches else firsts[0]).alias("first_day"),
        last_day_of(last_period, kind).alias("last_day"),
    )


def _edge(anchor: str, periods: int, kind: PeriodKind) -> Column:
    return shift_day(period_of(F.col(anchor), kind), periods, kind)
