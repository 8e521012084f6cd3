"""Population and panel -> the analysis sample of a plan."""

from __future__ import annotations

from rctspark.sample.assemble import make_sample
from rctspark.sample.collect import collect_sample

__all__ = ["collect_sample", "make_sample"]
