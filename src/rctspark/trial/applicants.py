"""The list of applicants, checked before anybody is drawn."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import DeliveryError, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from rctspark.config.plan import DrawPlan, SiteDraw

    Row = Mapping[str, str]

YES = {"J", "JA", "Y", "YES", "1", "TRUE"}
SEPARATOR = " "
ONLY = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Applicants:
    """Those who are drawn, in the order of their identifiers.

    Attributes:
        identifiers: Identifier columns of each person, as they stand in the list.
        site: Site of each person.
        stratum: Stratum of each person.
        columns: Every column of the plan's draw, for strata, margins and balance.
        sha256: Digest of what was drawn from; the order of the rows does not matter.
    """

    identifiers: tuple[tuple[str, ...], ...]
    site: NDArray[np.str_]
    stratum: NDArray[np.str_]
    columns: Mapping[str, NDArray[np.str_]]
    sha256: str

    @property
    def size(self) -> int:
        """Number of persons."""
        return len(self.identifiers)


def read_applicants(path: Path, draw: DrawPlan, *, delimiter: str = ";") -> Applicants:
    """Read the list of applicants.

    Args:
        path: Text with a header, one row per applicant.
        draw: The plan's draw.
        delimiter: Between the cells.

    Returns:
        The applicants.

    Raises:
        DeliveryError: A column is missing, nobody is on the list, an identifier is
            empty or stands there twice (also where strata differ), somebody is at a
            site without a rule, or in no stratum and not late; all at once, counted,
            and nobody named.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        names = tuple(reader.fieldnames or ())
        rows = [{k: (v or "").strip() for k, v in r.items() if k} for r in reader]
    missing = [c for c in draw.columns if c not in names]
    faults = [f"column {c} is missing" for c in missing]
    faults = faults or list(_row_faults(rows, draw))
    if faults:
        raise DeliveryError(
            f"The list of applicants {path.name} can't be drawn from; nobody was "
            f"drawn:\n{listed(faults)}\nCorrect the list, and draw once."
        )
    return _applicants(sorted(rows, key=lambda row: _key(row, draw)), draw)


def _key(row: Row, draw: DrawPlan) -> tuple[str, ...]:
    return tuple(row[c] for c in draw.identifier)


def _site(row: Row, draw: DrawPlan) -> str:
    return row[draw.site] if draw.site else next(iter(draw.sites))


def _is_late(row: Row, draw: DrawPlan) -> bool:
    return draw.late is not None and row[draw.late].upper() in YES


def _row_faults(rows: Sequence[Row], draw: DrawPlan) -> Iterator[str]:
    if not rows:
        yield "nobody is on it"
    keys = Counter(_key(row, draw) for row in rows)
    told = {(_key(row, draw), _stratum(row, draw)) for row in rows}
    strata = Counter(key for key, _ in told)
    again = sum(n - 1 for n in keys.values())
    apart = sum(n > 1 for n in strata.values())
    unnamed = sum(not all(_key(row, draw)) for row in rows)
    elsewhere = sum(_site(row, draw) not in draw.sites for row in rows)
    nowhere = sum(_stratum(row, draw) is None for row in rows) - elsewhere
    if unnamed:
        yield f"{unnamed} row(s) name nobody: the identifier is empty"
    if again:
        yield f"{again} row(s) name somebody who stands on it already"
    if apart:
        yield f"{apart} person(s) are in more than one stratum"
    if elsewhere:
        yield f"{elsewhere} row(s) are of a site for which the plan has no draw"
    if nowhere:
        yield (
            f"{nowhere} row(s) are in no stratum (an empty cell) and not said to be "
            "late, or late at a site that has no stratum for them"
        )


def _stratum(row: Row, draw: DrawPlan) -> str | None:
    """Return the stratum of a row; None: it is in none."""
    rule = draw.sites.get(_site(row, draw))
    if rule is None:
        return None
    if _is_late(row, draw):
        return rule.late
    values = [row[c] for c in rule.strata]
    return (SEPARATOR.join(values) or ONLY) if all(values) else None


def _applicants(rows: Sequence[Row], draw: DrawPlan) -> Applicants:
    lines = [
        "\x1f".join([*_key(r, draw), _site(r, draw), _stratum(r, draw) or ""])
        for r in rows
    ]
    text = "\n".join(lines)
    return Applicants(
        identifiers=tuple(_key(r, draw) for r in rows),
        site=np.array([_site(r, draw) for r in rows]),
        stratum=np.array([_stratum(r, draw) for r in rows]),
        columns={c: np.array([r[c] for r in rows]) for c in draw.columns},
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def margins_of(
    applicants: Applicants, members: NDArray[np.bool_], rule: SiteDraw
) -> tuple[NDArray[np.str_], ...]:
    """Return the columns of a site's strata, the same for all of a stratum.

    Args:
        applicants: The list.
        members: Who is at the site.
        rule: The site's draw.

    Returns:
        One array per column of the strata; those who came late are apart in each.
    """
    is_late = applicants.stratum[members] == (rule.late or "")
    return tuple(
        np.where(is_late, rule.late or "", applicants.columns[c][members])
        for c in rule.strata
    )
