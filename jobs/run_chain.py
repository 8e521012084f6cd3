"""Run the whole chain in one session: files to report.

Reads:   the delivery folder, one subfolder per mapping of the plan
Writes:  everything that the jobs write, each under its own run
Run:     spark-submit jobs/run_chain.py --plan ww --deliveries <folder>
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from build_panel import build_panel
from build_population import build_population
from estimate_durations import estimate_durations
from estimate_effects import estimate_effects
from ingest import ingest
from publish_results import publish_results
from rctspark.errors import BrokenCheckError, GateError, RctsparkError
from rctspark.runtime.job import run_job
from rctspark.runtime.together import together
from rctspark.runtime.tracking_place import open_tracking
from rctspark.sources.delivered import find_deliveries
from register_plan import register_first
from write_quality_site import write_quality_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from rctspark.runtime.run import Run


def open_mlflow(run: Run) -> None:
    """Import MLflow and make its database while Spark works on something else."""
    open_tracking(run.settings.tracking_uri)


STEPS: tuple[tuple[Callable[[Run], None], ...], ...] = (
    (ingest,),
    (build_population,),
    (build_panel, open_mlflow),
    # Both read the panel and neither reads the other.
    (estimate_effects, estimate_durations),
    # Pages of what stands by now, for different readers.
    (write_quality_site, publish_results),
)


def run_chain(run: Run) -> None:
    """Run one step after another; the first that stops, stops the chain."""
    if run.is_registering:
        register_first(run.part(register_first.__name__))
    for number, jobs in enumerate(STEPS, start=1):
        names = " and ".join(job.__name__ for job in jobs)
        run.log.say(f"step {number} of {len(STEPS)}: {names}")
        started = time.monotonic()
        try:
            together(lambda job: job(run.part(job.__name__)), jobs)
        except (GateError, BrokenCheckError):
            # Whoever is told that data failed looks at the page that says which rule.
            with suppress(RctsparkError):
                write_quality_site(run.part("write_quality_site"))
            raise
        run.log.say(
            f"step {number} took {time.monotonic() - started:.1f} s",
            step=names,
            seconds=round(time.monotonic() - started, 1),
        )


if __name__ == "__main__":
    sys.exit(run_job(run_chain, doc=__doc__, look=find_deliveries))
