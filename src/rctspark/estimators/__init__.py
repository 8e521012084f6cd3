"""Arrays -> frozen results. Knows no Spark."""

from __future__ import annotations

from rctspark.estimators.contrast import Contrast, as_effects
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.sample_ratio import estimate_sample_ratio

__all__ = ["Contrast", "as_effects", "estimate_itt", "estimate_sample_ratio"]
