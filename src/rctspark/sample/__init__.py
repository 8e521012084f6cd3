"""Population and panel -> the analysis sample of a plan."""

from __future__ import annotations

from rctspark.sample.assemble import make_sample, make_samples
from rctspark.sample.collect import collect_sample, collect_samples

__all__ = ["collect_sample", "collect_samples", "make_sample", "make_samples"]
