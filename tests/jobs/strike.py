"""Run the ingest job in a process that is killed at a moment, group and all.

Called by `test_processes.py` as `python strike.py <moment> <arguments of the job>`. It
prints where it struck; SIGKILL leaves neither Python nor Java a moment to tidy up.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from ingest import ingest
from rctspark.runtime.commits import Commits
from rctspark.runtime.job import run_job
from rctspark.runtime.store import Store


def strike(where):
    print(f"STRUCK {where}", flush=True)
    os.killpg(0, signal.SIGKILL)


def when_a_candidate_is_half_written(lake):
    """Strike as soon as Spark has a file open for the first table of the run."""

    def watch():
        while not any(Path(lake).glob("candidates/*/steps/*/_temporary/**/part-*")):
            time.sleep(0.002)
        strike("while a candidate was being written")

    threading.Thread(target=watch, daemon=True).start()


def in_the_gate(_):
    publish = Store.publish

    def struck(self, scope, candidates, *, provenance, gate, slices=None):
        def require(*_):
            strike("in the gate, every check made")

        held = type(gate)(gate.check, require)
        publish(
            self, scope, candidates, provenance=provenance, gate=held, slices=slices
        )

    Store.publish = struck


def between_two_tables(_):
    commit = Commits.commit

    def struck(self, scope, provenance, slices, made):
        commit(self, scope, provenance, slices, made)
        strike(f"after the commit of {made.table.name}, the others not yet made")

    Commits.commit = struck


def before_the_release(_):
    append = Commits.append

    def struck(self, scope, table, rows):
        if table.name == "releases":
            strike("after all commits, before the release row")
        append(self, scope, table, rows)

    Commits.append = struck


MOMENTS = {
    "candidate": when_a_candidate_is_half_written,
    "gate": in_the_gate,
    "tables": between_two_tables,
    "release": before_the_release,
    "never": lambda _: None,
}

if __name__ == "__main__":
    moment, lake, *arguments = sys.argv[1:]
    MOMENTS[moment](lake)
    sys.argv = ["ingest", *arguments]
    sys.exit(run_job(ingest, doc=ingest.__doc__, argv=arguments))
