"""Load delivered register files into the lake.

Reads:   the delivery folder, one subfolder per mapping of the plan
Writes:  the conformed tables, rejected_rows, person_keys and deliveries of the root
Run:     spark-submit jobs/ingest.py --plan ww --deliveries <folder>
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from rctspark.contracts import DELIVERIES, PERSON_KEYS, REGISTERS, REJECTED_ROWS
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.run import Run, require_deliveries
from rctspark.runtime.secret import read_key
from rctspark.runtime.together import together
from rctspark.sources.accounted import (
    count_rows,
    keep_conformed,
    keep_person_keys,
    keep_rejected,
)
from rctspark.sources.delivered import find_deliveries
from rctspark.sources.identity import make_pads
from rctspark.sources.load import (
    conform_loads,
    describe_deliveries,
    pending_loads,
    repeated_in,
    require_distinct_persons,
)
from rctspark.sources.repeated import merge_repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts import Table
    from rctspark.sources.load import Load


def ingest(run: Run) -> None:
    """Find, check, conform, account for every row, publish."""
    files = find_deliveries(require_deliveries(run.deliveries), run.mappings)
    store, scope = run.store, run.registers
    loads = pending_loads(files, store.read_current(scope, DELIVERIES).collect())
    if not loads:
        run.log.say(f"{len(files)} file(s) delivered, all loaded before")
        return
    run.log.say(f"{len(files)} file(s) delivered, {len(loads)} load(s) to do")
    pads = make_pads(run.spark, read_key(run.settings.pseudonym_key_file))
    gate = make_gate(run.root / "expectations")
    fed = [t for t in REGISTERS if any(load.table == t.name for load in loads)]
    done = together(lambda table: load_table(run, pads, table, loads), fed)
    rejected = [keep_rejected(d.staged, register=d.table.name) for d in done]
    keys = [keep_person_keys(d.staged) for d in done]
    described = [row for d in done for row in d.described]
    people = run.candidate(PERSON_KEYS, reduce(DataFrame.unionByName, keys))
    known = store.read_current(scope, PERSON_KEYS)
    require_distinct_persons(people.frame.unionByName(known))
    ids = [load.delivery_id for load in loads]
    run.publish(
        scope,
        [
            *[store.made(run.id, d.table, d.conformed) for d in done],
            run.candidate(REJECTED_ROWS, reduce(DataFrame.unionByName, rejected)),
            people,
            run.candidate(DELIVERIES, store.rows(DELIVERIES, described)),
        ],
        provenance=run.carrying(scope).provenance(data_version="", inputs=ids),
        gate=gate,
        slices={"delivery_id": ids},
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rows of one table, conformed and staged."""

    table: Table
    staged: DataFrame
    described: list[dict[str, Any]]

    @property
    def conformed(self) -> DataFrame:
        """The rows that became rows of the table."""
        return keep_conformed(self.staged, table=self.table)


def load_table(
    run: Run, pads: DataFrame, table: Table, loads: Sequence[Load]
) -> Loaded:
    """Read the files that feed one table: every row is kept or set aside."""
    began = time.monotonic()
    mine = [load for load in loads if load.table == table.name]
    rows, read = conform_loads(run.spark, pads, mine)
    judged = run.stage(f"{table.name}_delivered", rows)
    held = sum(sum(counter.get.values()) for counter in read)
    run.log.say(
        f"{table.name}: {held:,} rows read from {len(mine)} file(s); "
        f"{time.monotonic() - began:.1f} s",
        table=table.name,
        rows_read=held,
    )
    merged = merge_repeated(judged, table=table, how=repeated_in(mine))
    staged = run.stage(table.name, merged)
    counted = count_rows(staged).collect()
    run.log.rows(table.name, counted, seconds=time.monotonic() - began)
    described = describe_deliveries(
        mine, read=read, counted=counted, loaded_at=datetime.now(UTC)
    )
    return Loaded(table, staged, described)


if __name__ == "__main__":
    sys.exit(run_job(ingest, doc=__doc__, look=find_deliveries))
