"""Compare a twin with the experiment that it is the twin of, in tables and in words.

Both comparisons are made before disclosure control and exist for twins alone: whether
a number or a sentence agrees is looked at there. The numbers that stand beside
sentences are those that may leave.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.release.publication.comparison import (
    compare_with_published,
    comparison_csv,
)
from rctspark.release.publication.finding_documents import read_findings
from rctspark.release.publication.findings import findings_csv
from rctspark.release.publication.layout import as_printed, lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from rctspark.release.record import ReportRecord
    from rctspark.release.released import Release

COMPARISON = "published_vs_reproduced.csv"
IN_WORDS = "findings_vs_found.csv"
TITLES = {
    COMPARISON: "Published numbers beside those of the twin: synthetic data, compared "
    "before disclosure control",
    IN_WORDS: "Published sentences beside what the twin gives: synthetic data, held "
    "together before disclosure control; numbers as they may leave",
}
"""What the comparisons are, for whoever opens the folder."""


def compare_twin(
    record: ReportRecord, published: Path
) -> tuple[ReportRecord, dict[str, bytes]]:
    """Compare where there is something to compare: synthetic data, published tables.

    Args:
        record: What a run found.
        published: `conf/published/<experiment>`.

    Returns:
        The record, which says how many cells agree and what is published in words,
        and the comparison of tables as a file, before disclosure control; the same
        record and no file where the data are real, in part or as a whole, or nothing
        is published.
    """
    if not (record.is_all_synthetic and published.is_dir()):
        return record, {}
    laid = [as_printed(lay_out(table, record.book)) for table in record.plan.tables]
    lines = compare_with_published(published, laid)
    agree = sum(line.agrees == "yes" for line in lines)
    told = read_findings(published)
    compared = replace(record, comparison=(len(lines), agree), findings=told)
    return compared, {COMPARISON: comparison_csv(lines)}


def findings_file(release: Release) -> dict[str, bytes]:
    """Write what is published in words beside what was found, as the report shows it.

    Args:
        release: What may leave.

    Returns:
        The file, with the numbers that may leave; none where nothing was compared.
    """
    if release.findings is None:
        return {}
    return {IN_WORDS: findings_csv(release.findings)}
