"""Register the analysis plan of an experiment, before its outcomes are seen.

Reads:   the plan; releases of the experiment
Writes:  registrations: one row, unless the plan registered last says the same
Run:     spark-submit jobs/register_plan.py --plan ww
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rctspark.runtime.job import run_job
from rctspark.runtime.registration import read_registrations, register

if TYPE_CHECKING:
    from rctspark.runtime.run import Run


def register_plan(run: Run) -> None:
    """Add the plan to the register, and say what that was worth."""
    made = register(run)
    plan = f"plan {run.plan.name} ({run.plan.hash})"
    if made is None:
        run.log.say(f"{plan} is the one registered last: nothing to add")
        return
    seen = made.outcomes_released_at
    when = (
        f", AFTER outcomes had first been released on {seen:%Y-%m-%d}" if seen else ""
    )
    run.log.say(f"{plan} registered{when}", late=seen is not None)


def register_first(run: Run) -> None:
    """Register the plan where no plan of the experiment is on record yet."""
    if read_registrations(run):
        run.log.say(f"a plan of {run.experiment} is registered: nothing to add")
        return
    register_plan(run)


if __name__ == "__main__":
    sys.exit(run_job(register_plan, doc=__doc__))
