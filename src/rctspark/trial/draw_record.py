"""What a draw leaves: the arms, the record by which it can be repeated, the balance."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rctspark.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rctspark.config.plan import DrawPlan
    from rctspark.trial.applicants import Applicants

ARMS, RECORD, BALANCE = "arms.csv", "record.json", "balance.csv"


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """What one needs to repeat a draw and prove it.

    Attributes:
        plan: Name of the plan.
        plan_hash: Digest of the plan.
        rule: The plan's section on the draw, as text.
        seed: Seed of the random numbers.
        generator: Kind of random numbers, and the version that made them.
        list_sha256: Digest of identifiers, sites and strata, sorted.
        arms_sha256: Digest of the arms in the order of the identifiers.
        persons: Persons drawn.
        sizes: Site to arm to persons.
        number: 1 for the first draw on the list; more where one was drawn again.
        reason: Why it was drawn again; empty for the first draw.
        code_version: Version and digest of the package.
    """

    plan: str
    plan_hash: str
    rule: Mapping[str, object]
    seed: int
    generator: str
    list_sha256: str
    arms_sha256: str
    persons: int
    sizes: Mapping[str, Mapping[str, int]]
    number: int
    reason: str
    code_version: str


def earlier_draws(folder: Path, list_sha256: str) -> tuple[Path, ...]:
    """Find the draws on one list.

    Args:
        folder: Where draws of the plan are kept.
        list_sha256: Digest of the list.

    Returns:
        Their folders, the first draw first.
    """
    return tuple(sorted(folder.glob(f"{list_sha256[:16]}-*")))


def require_first(folder: Path, list_sha256: str, *, again_because: str) -> int:
    """Stop a second draw on the same list, unless told why.

    Args:
        folder: Where draws of the plan are kept.
        list_sha256: Digest of the list.
        again_because: Reason for a second draw; empty: none.

    Returns:
        The number of this draw.

    Raises:
        PlanError: The list was drawn from before.
    """
    before = earlier_draws(folder, list_sha256)
    if before and not again_because:
        raise PlanError(
            f"This list was drawn from before, {len(before)} time(s): {before[-1]}. "
            "A second draw lets one choose between outcomes. Repeat the first with "
            "--verify, or give the reason for a new one with --again."
        )
    return len(before) + 1


def sizes_of(applicants: Applicants, arm: Sequence[str]) -> dict[str, dict[str, int]]:
    """Count the persons of each site and arm."""
    counted: dict[str, Counter[str]] = {}
    for site, name in zip(applicants.site, arm, strict=True):
        counted.setdefault(str(site), Counter())[name] += 1
    return {site: dict(sorted(counts.items())) for site, counts in counted.items()}


def balance_rows(
    applicants: Applicants, arm: Sequence[str], draw: DrawPlan
) -> Iterator[dict[str, object]]:
    """Count every stratum and every value of the balance columns by arm.

    Args:
        applicants: The list.
        arm: Arm of each person.
        draw: The plan's draw.

    Yields:
        A row per site, characteristic and category: `persons`, a column per arm of
        any site, and `apart`: the largest arm of the site minus the smallest.
    """
    every = tuple(dict.fromkeys(a for s in draw.sites.values() for a in s.ratio))
    columns = {c: v for c, v in applicants.columns.items() if c not in draw.identifier}
    given: dict[str, Sequence[str]] = {
        "all": ["all"] * applicants.size,
        "stratum": applicants.stratum.tolist(),
    } | {c: v for c, v in columns.items() if c not in (draw.site, draw.late)}
    shown = {what: [str(v) for v in values] for what, values in given.items()}
    for site, rule in draw.sites.items():
        here = [one == site for one in applicants.site]
        for what, values in shown.items():
            yield from _counted(site, what, values, here, arm, every, tuple(rule.ratio))


def _counted(  # noqa: PLR0913, PLR0917 (a table has these parts)
    site: str,
    what: str,
    values: Sequence[str],
    here: Sequence[bool],
    arm: Sequence[str],
    every: tuple[str, ...],
    of_site: tuple[str, ...],
) -> Iterator[dict[str, object]]:
    counted: dict[str, Counter[str]] = {}
    for is_here, value, name in zip(here, values, arm, strict=True):
        if is_here:
            counted.setdefault(str(value) or "(empty)", Counter())[name] += 1
    for category, counts in sorted(counted.items()):
        sizes = [counts[name] for name in of_site]
        yield {
            "site": site,
            "characteristic": what,
            "category": category,
            "persons": sum(sizes),
            **{name: counts[name] for name in every},
            "apart": max(sizes) - min(sizes),
        }


def write_draw(
    folder: Path,
    record: DrawRecord,
    applicants: Applicants,
    arm: Sequence[str],
    draw: DrawPlan,
) -> Path:
    """Write arms, record and balance into a folder of their own.

    Args:
        folder: Where draws of the plan are kept.
        record: What is needed to repeat it.
        applicants: The list.
        arm: Arm of each person.
        draw: The plan's draw.

    Returns:
        The folder of this draw. It holds identifiers: it stays in the secure place.
    """
    place = folder / f"{record.list_sha256[:16]}-{record.number}"
    place.mkdir(parents=True)
    lines = zip(
        applicants.identifiers, applicants.site, applicants.stratum, arm, strict=True
    )
    with (place / ARMS).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow([*draw.identifier, "site", "stratum", "arm"])
        writer.writerows(
            [*key, site, stratum, name] for key, site, stratum, name in lines
        )
    rows = list(balance_rows(applicants, arm, draw))
    with (place / BALANCE).open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    # Last: without a record there was no draw.
    text = json.dumps(asdict(record), indent=2, sort_keys=True)
    (place / RECORD).write_text(text + "\n", encoding="utf-8")
    return place


def read_record(path: Path) -> DrawRecord:
    """Read the record of a draw.

    Args:
        path: `record.json`.

    Returns:
        The record.

    Raises:
        PlanError: It is no record of a draw.
    """
    try:
        return DrawRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise PlanError(
            f"{path} is no record of a draw; name its record.json."
        ) from None


def record_faults(kept: DrawRecord, repeated: DrawRecord) -> list[str]:
    """Say in what a repeated draw differs from the one that was recorded."""
    words = {
        "list_sha256": "the list of applicants is another one",
        "rule": "the plan's rule is another one",
        "generator": "the random numbers come from another version",
        "arms_sha256": "the arms come out differently",
        "sizes": "the sizes come out differently",
    }
    return [
        said
        for name, said in words.items()
        if getattr(kept, name) != getattr(repeated, name)
    ]
