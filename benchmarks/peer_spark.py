"""The panel job's work in Spark, by the package's own functions."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Runs
from rctspark.config import read_settings
from rctspark.panel import PanelSpan, assemble_person_month, sum_active_periods
from rctspark.periods import Coverage, Days, PeriodKind, Window
from rctspark.runtime.session import start_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[1]


def session_of(conf: dict[str, str]) -> SparkSession:
    """Start the package's own local session, with settings over it."""
    settings = read_settings(ROOT)
    local = settings.spark.local | conf
    spark = settings.spark.model_copy(update={"local": local})
    settings = settings.model_copy(update={"spark": spark})
    return start_session(settings, ROOT, name="benchmark")


def main() -> None:
    """Make the panel: `peer_spark.py <payroll> <persons> <out> ... <runs> <conf>`."""
    payroll, persons, out = sys.argv[1:4]
    first, last, known = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
    times, given = int(sys.argv[7]), json.loads(sys.argv[8])
    make = assemble_person_month if given["dense"] else sum_active_periods
    spark = session_of(given["conf"])
    covered = Coverage.of([Days(date(2011, 1, 1), date.fromisoformat(known))])
    span = PanelSpan(
        kind=PeriodKind.MONTH,
        window=Window(first, last),
        benefits=("WW",),
        earnings_sources=("payroll",),
    )
    runs = Runs()
    for _ in range(times):
        with runs.one():
            panel = make(
                spark.read.parquet(f"{persons}/population.parquet"),
                spells=spark.read.parquet(f"{persons}/benefit_spells.parquet"),
                payroll=spark.read.parquet(payroll),
                contacts=spark.read.parquet(f"{persons}/contacts.parquet"),
                span=span,
                coverage=dict.fromkeys(
                    ("benefit_spells", "payroll", "contacts"), covered
                ),
            )
            panel.write.mode("overwrite").parquet(out)
    runs.report()
    if given["explain"]:
        panel.explain(mode="formatted")
    spark.stop()


if __name__ == "__main__":
    main()
