"""The auditor's site: what came in, what was checked, what rests on it.

One page of HTML without a script or any reference to the outside. It is made from
plain rows of the tables of `contracts/`, of which it shows named columns only, so no
column that could describe a person is reachable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from rctspark.quality.masking import Counts
from rctspark.quality.site_coverage import Asked, lay_out_coverage
from rctspark.quality.site_parts import (
    lay_out_deliveries,
    lay_out_results,
    lay_out_rules,
    lay_out_versions,
    tally,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

MINIMUM_COUNT = 10


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """What runs left about themselves, as plain rows.

    Attributes:
        made_at: Moment at which the page is made (UTC).
        deliveries: Rows of DELIVERIES; `scope` (`registers/<root>`) if several roots.
        rejected: Rows set aside: `delivery_id`, `reason`, `rows`, `scope`.
        results: Rows of GATE_RESULTS; `scope` (as for releases) if known.
        releases: Rows of RELEASES with `scope`: `registers/<root>` or
            `experiments/<name>`.
        effects: Published effects: `experiment`, `data_version`, `plan_hash`,
            `effects` (how many).
        data_versions: Rows of DATA_VERSIONS: the deliveries behind a data version.
        asked: Experiment to what its plan says of days.
    """

    made_at: dt.datetime
    deliveries: tuple[Mapping[str, Any], ...] = ()
    rejected: tuple[Mapping[str, Any], ...] = ()
    results: tuple[Mapping[str, Any], ...] = ()
    releases: tuple[Mapping[str, Any], ...] = ()
    effects: tuple[Mapping[str, Any], ...] = ()
    data_versions: tuple[Mapping[str, Any], ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)


def render_site(
    record: QualityRecord, *, masked: bool, minimum_count: int = MINIMUM_COUNT
) -> str:
    """Render the page.

    Args:
        record: What the page shows.
        masked: False: exact counts, marked 'inside only'. True: marked 'release
            copy'; counts below `minimum_count` are shown as `<10`, all others are
            rounded to a multiple of it, so that no small count follows from the
            others (read minus kept, or another table's rows), and where the
            candidates lie is left out.
        minimum_count: Smallest count shown (disclosure rules 1 and 10).

    Returns:
        One HTML page that works offline.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 (rarely needed)

    counts = Counts(masked=masked, minimum=minimum_count)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = resources.files("rctspark.quality").joinpath("site.html")
    tables = lay_out_rules(record.results, record.releases, counts)
    return environment.from_string(page.read_text(encoding="utf-8")).render(
        masked=masked,
        minimum=minimum_count,
        made_at=record.made_at,
        is_synthetic=any(d["is_synthetic"] for d in record.deliveries),
        registers=lay_out_deliveries(record.deliveries, record.rejected, counts),
        coverage=lay_out_coverage(
            record.deliveries, record.data_versions, record.asked
        ),
        tables=tables,
        scopes=lay_out_versions(record.releases),
        results=lay_out_results(record.effects, record.releases, record.data_versions),
        totals=_totals(record, counts),
        tally=tally(tables),
    )


def _totals(record: QualityRecord, counts: Counts) -> dict[str, str]:
    return {
        name: counts.show(sum(int(d[name]) for d in record.deliveries))
        for name in ("rows_read", "rows_kept", "rows_rejected")
    }
