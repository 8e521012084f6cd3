"""Settings of a run, mappings of deliveries, analysis plans: frozen, read once."""

from __future__ import annotations

from rctspark.config.mapping import Mapping, read_mapping
from rctspark.config.plan import Plan, read_plan
from rctspark.config.settings import (
    ADJUSTED_EFFECTS,
    OUTCOME_SHARES,
    Exemption,
    Settings,
    Thresholds,
    read_settings,
)

__all__ = [
    "ADJUSTED_EFFECTS",
    "OUTCOME_SHARES",
    "Exemption",
    "Mapping",
    "Plan",
    "Settings",
    "Thresholds",
    "read_mapping",
    "read_plan",
    "read_settings",
]
