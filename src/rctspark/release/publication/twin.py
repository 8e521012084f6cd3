"""Compare the tables of a twin with those of the experiment that it is the twin of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.release.labels import Labels
from rctspark.release.publication.comparison import (
    compare_with_published,
    comparison_csv,
)
from rctspark.release.publication.finding_documents import read_findings
from rctspark.release.publication.findings import (
    Results,
    findings_csv,
    shown_findings,
)
from rctspark.release.publication.layout import as_printed, lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from rctspark.release.record import ReportRecord

COMPARISON = "published_vs_reproduced.csv"
IN_WORDS = "findings_vs_found.csv"


def compare_twin(
    record: ReportRecord, published: Path
) -> tuple[ReportRecord, dict[str, bytes]]:
    """Compare where there is something to compare: synthetic data, published tables.

    Args:
        record: What a run found.
        published: `conf/published/<experiment>`.

    Returns:
        The record, which says how many cells agree and what is published in words,
        and the comparisons as files, before disclosure control; the same record and no
        file where the data are real, in part or as a whole, or nothing is published.
    """
    if not (record.is_all_synthetic and published.is_dir()):
        return record, {}
    laid = [as_printed(lay_out(table, record.book)) for table in record.plan.tables]
    lines = compare_with_published(published, laid)
    agree = sum(line.agrees == "yes" for line in lines)
    told = read_findings(published)
    compared = replace(record, comparison=(len(lines), agree), findings=told)
    files = {COMPARISON: comparison_csv(lines)}
    if told is not None:
        found = Results(record.effects, record.durations)
        beside = shown_findings(told, found, found, Labels(record.plan))
        files[IN_WORDS] = findings_csv(beside)
    return compared, files
