"""Write the auditor's site: deliveries, table versions, rules, what rests on them.

Reads:   deliveries, rejected_rows, gate_results, releases of every scope; effects
Writes:  out/quality/index.html, or out/quality-release/index.html with --masked
Run:     spark-submit jobs/write_quality_site.py --plan ww
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rctspark.contracts import (
    DATA_VERSIONS,
    DELIVERIES,
    EFFECTS,
    GATE_RESULTS,
    REJECTED_ROWS,
    RELEASES,
)
from rctspark.quality.site import QualityRecord, render_site
from rctspark.quality.site_coverage import Asked
from rctspark.runtime.job import run_job
from rctspark.runtime.together import together
from rctspark.sample.outcomes import count_effects
from rctspark.sources.accounted import count_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    from rctspark.contracts import Table
    from rctspark.runtime.run import Run


def write_quality_site(run: Run) -> None:
    """Gather what runs left about themselves, and lay it out."""
    scopes = run.store.scopes()
    record = QualityRecord(
        made_at=datetime.now(UTC),
        deliveries=_gather(scopes, run.store.read_current, DELIVERIES),
        rejected=_gather(scopes, run.store.read_current, REJECTED_ROWS, count_reasons),
        results=_gather(scopes, run.store.read_log, GATE_RESULTS),
        releases=_gather(scopes, run.store.read_log, RELEASES),
        effects=_gather(scopes, run.store.read_current, EFFECTS, count_effects),
        data_versions=_gather(scopes, run.store.read_current, DATA_VERSIONS),
        asked={
            run.plan.name: Asked(run.plan.follow_up_until, run.plan.registers.not_known)
        },
    )
    folder = run.settings.out / ("quality-release" if run.is_masked else "quality")
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(
        render_site(
            record,
            masked=run.is_masked,
            minimum_count=run.settings.thresholds.minimum_persons,
        ),
        encoding="utf-8",
    )
    run.log.say(f"quality site: {page}")


def _gather(
    scopes: tuple[str, ...],
    read: Callable[[str, Table], DataFrame],
    table: Table,
    count: Callable[[DataFrame], DataFrame] | None = None,
) -> tuple[dict[str, Any], ...]:
    """Collect small tables of every scope; tables of persons are only counted."""

    def collect(scope: str) -> list[dict[str, Any]]:
        frame = read(scope, table)
        rows = (count(frame) if count else frame).collect()
        return [row.asDict() | {"scope": scope} for row in rows]

    return tuple(row for rows in together(collect, scopes) for row in rows)


if __name__ == "__main__":
    sys.exit(run_job(write_quality_site, doc=__doc__))
