"""The parts of the auditor's site, as plain lists that its template writes out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from rctspark.quality.masking import Counts

    Rows = Sequence[Mapping[str, Any]]
    Part = dict[str, Any]

EXPERIMENTS = "experiments/"


def lay_out_deliveries(deliveries: Rows, rejected: Rows, counts: Counts) -> list[Part]:
    """Lay out deliveries by register, with reasons and whether the rows add up.

    Args:
        deliveries: Rows of DELIVERIES.
        rejected: `delivery_id`, `reason`, `rows`, and `scope`: rows that an
            experiment set aside were kept before, so they are told apart.
        counts: How counts are shown.

    Returns:
        One part per scope and register, its deliveries in order of period and day.
    """
    reasons: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    later: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rejected:
        scope, told = _scope(row), row["reason"]
        if scope.startswith(EXPERIMENTS):
            told = f"{told} ({scope.removeprefix(EXPERIMENTS)})"
            later[row["delivery_id"]][told] += int(row["rows"])
        else:
            reasons[row["delivery_id"]][told] += int(row["rows"])
    grouped: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for d in sorted(deliveries, key=_age):
        part = _delivery(d, reasons[d["delivery_id"]], counts)
        part["later"] = counts.show_parts(later[d["delivery_id"]])
        grouped[_scope(d), d["register"]].append(part)
    return [
        {"scope": scope, "register": register, "deliveries": grouped[scope, register]}
        for scope, register in sorted(grouped)
    ]


def _age(delivery: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        str(delivery["period"]),
        str(delivery["delivered_on"]),
        str(delivery["version"]),
    )


def _delivery(
    delivery: Mapping[str, Any], reasons: Mapping[str, int], counts: Counts
) -> Part:
    read, kept = int(delivery["rows_read"]), int(delivery["rows_kept"])
    refused = int(delivery["rows_rejected"])
    names = ("file_name", "sha256", "period", "version", "delivered_on", "mapping")
    return {
        **{name: delivery[name] for name in names},
        "delivery_id": delivery["delivery_id"],
        "is_synthetic": delivery["is_synthetic"],
        "read": counts.show(read),
        "kept": counts.show(kept),
        "rejected": counts.show(refused),
        "conformed": counts.show(int(delivery["rows_conformed"])),
        "adds_up": read == kept + refused,
        "reasons_add_up": sum(reasons.values()) == refused,
        "reasons": counts.show_parts(reasons),
    }


def lay_out_rules(results: Rows, releases: Rows, counts: Counts) -> list[Part]:
    """Lay out the rules of each table: its latest run open, older ones folded.

    Args:
        results: Rows of GATE_RESULTS.
        releases: Rows of RELEASES: a run that is not among them published nothing.
        counts: How counts are shown.

    Returns:
        One part per scope and table; tables with failures first.
    """
    scope_of = {r["run_id"]: _scope(r) for r in releases}
    runs: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in results:
        scope = _scope(row) or scope_of.get(row["run_id"], "")
        runs[scope, row["table"]][row["run_id"]].append(row)
    parts = []
    for (scope, table), by_run in runs.items():
        ordered = sorted(by_run.values(), key=_checked_at, reverse=True)
        laid = [_run(rules, counts, released=scope_of) for rules in ordered]
        parts.append(
            {"scope": scope, "table": table, "latest": laid[0], "older": laid[1:]}
        )
    return sorted(parts, key=lambda p: (p["latest"]["rank"], p["scope"], p["table"]))


def _checked_at(rules: Sequence[Mapping[str, Any]]) -> str:
    return str(max(row["checked_at"] for row in rules))


def _run(rules: Rows, counts: Counts, *, released: Mapping[str, str]) -> Part:
    laid = sorted(
        (_rule(row, counts) for row in rules), key=lambda r: (r["rank"], r["rule_id"])
    )
    first = rules[0]
    return {
        "run_id": first["run_id"],
        "candidate": first["candidate"],
        "checked_at": _moment(max(row["checked_at"] for row in rules)),
        "rules": laid,
        "rank": laid[0]["rank"],
        "is_released": first["run_id"] in released,
        "rows": counts.show(max(int(row["rows_checked"]) for row in rules)),
        **{
            verdict: sum(r["verdict"] == verdict for r in laid)
            for verdict in ("PASS", "FAIL", "BROKEN")
        },
    }


def _rule(row: Mapping[str, Any], counts: Counts) -> Part:
    names = ("rule_id", "kind", "words", "reason", "owner", "severity", "verdict")
    is_known = row["verdict"] != "BROKEN"
    return {
        **{name: row[name] for name in names},
        "rank": _rank(row["verdict"], row["severity"]),
        "checked": counts.show(int(row["rows_checked"]) if is_known else -1),
        "broken": counts.show(int(row["rows_broken"])),
    }


def _rank(verdict: str, severity: str) -> int:
    """Order rules: broken checks, failures that stop, warnings, the rest."""
    if verdict == "PASS":
        return 3
    if verdict == "BROKEN":
        return 0
    return 1 if severity == "stop" else 2


def lay_out_versions(releases: Rows) -> list[Part]:
    """Lay out which table versions belong together, the newest set of a scope first.

    Args:
        releases: Rows of RELEASES with `scope`.

    Returns:
        One part per scope, with its latest release and the older ones.
    """
    by_scope: dict[str, list[Part]] = defaultdict(list)
    for release in sorted(releases, key=_released_at, reverse=True):
        by_scope[_scope(release)].append(_release(release))
    return [
        {"scope": scope, "latest": by_scope[scope][0], "older": by_scope[scope][1:]}
        for scope in sorted(by_scope)
    ]


def _released_at(release: Mapping[str, Any]) -> str:
    return str(release["released_at"])


def _release(release: Mapping[str, Any]) -> Part:
    names = ("run_id", "job", "data_version", "code_version", "inputs")
    return {
        **{name: release[name] for name in names},
        "released_at": _moment(release["released_at"]),
        "plan_hash": release["plan_hash"] or "",
        "versions": sorted(release["versions"].items()),
    }


def lay_out_results(effects: Rows, releases: Rows, data_versions: Rows) -> list[Part]:
    """Lay out what each published result rests on.

    Args:
        effects: `experiment`, `data_version`, `plan_hash`, `effects`.
        releases: Rows of RELEASES with `scope`.
        data_versions: Rows of DATA_VERSIONS.

    Returns:
        One part per experiment, data version and plan, with the table versions of
        the latest release of that plan on that data version (none: not released)
        and the deliveries behind it.
    """
    behind: dict[str, list[str]] = defaultdict(list)
    for row in data_versions:
        behind[row["data_version"]].append(row["delivery_id"])
    return [
        {
            "experiment": e["experiment"],
            "data_version": e["data_version"],
            "plan_hash": e["plan_hash"],
            "effects": int(e["effects"]),
            "release": _resting_on(e, releases),
            "deliveries": sorted(set(behind[e["data_version"]])),
        }
        for e in sorted(effects, key=lambda e: (e["experiment"], e["data_version"]))
    ]


def _resting_on(effect: Mapping[str, Any], releases: Rows) -> Part | None:
    fitting = [
        release
        for release in releases
        if _scope(release) == EXPERIMENTS + effect["experiment"]
        and release["data_version"] == effect["data_version"]
        and release["plan_hash"] == effect["plan_hash"]
    ]
    return _release(max(fitting, key=_released_at)) if fitting else None


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _scope(row: Mapping[str, Any]) -> str:
    return str(row.get("scope") or "")


def tally(tables: Iterable[Part]) -> dict[str, int]:
    """Count the verdicts of the latest run of each table.

    Args:
        tables: What `lay_out_rules` returned.

    Returns:
        How many rules there are, and how many passed, stop, warn or broke.
    """
    ranks = [rule["rank"] for table in tables for rule in table["latest"]["rules"]]
    names = ("broke", "stopped", "warned", "passed")
    return {"rules": len(ranks)} | {n: ranks.count(i) for i, n in enumerate(names)}
