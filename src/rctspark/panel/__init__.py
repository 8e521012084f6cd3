"""Population and conformed tables become the panel and the outcomes in days."""

from __future__ import annotations

from rctspark.panel.assemble import (
    assemble_person_month,
    expand_panel,
    sum_active_periods,
)
from rctspark.panel.outcomes import assemble_person_outcome
from rctspark.panel.span import PanelSpan, Reach, span_of

__all__ = [
    "PanelSpan",
    "Reach",
    "assemble_person_month",
    "assemble_person_outcome",
    "expand_panel",
    "span_of",
    "sum_active_periods",
]
