"""Run the whole chain in one session: files to report.

Reads:   the delivery folder, one subfolder per mapping of the plan
Writes:  everything that the jobs write, each under its own run
Run:     spark-submit jobs/run_chain.py --plan ww --deliveries <folder>
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from build_panel import build_panel
from build_population import build_population
from estimate_durations import estimate_durations
from estimate_effects import estimate_effects
from ingest import ingest
from publish_results import publish_results
from rctspark.runtime.job import run_job
from write_quality_site import write_quality_site

if TYPE_CHECKING:
    from rctspark.runtime.job import Run

STEPS = (
    ingest,
    build_population,
    build_panel,
    estimate_effects,
    estimate_durations,
    write_quality_site,
    publish_results,
)


def run_chain(run: Run) -> None:
    """Run one job after another; the first that stops, stops the chain."""
    for number, step in enumerate(STEPS, start=1):
        run.log.say(f"step {number} of {len(STEPS)}: {step.__name__}")
        started = time.monotonic()
        step(run.part(step.__name__))
        run.log.say(
            f"step {number} took {time.monotonic() - started:.1f} s",
            step=step.__name__,
            seconds=round(time.monotonic() - started, 1),
        )


if __name__ == "__main__":
    sys.exit(run_job(run_chain, doc=__doc__))
