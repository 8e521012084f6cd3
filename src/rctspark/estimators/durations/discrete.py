"""Discrete-time hazards: logit and complementary log-log, from rows or from cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize

from rctspark.contracts.duration_results import HazardFit
from rctspark.errors import EstimationError
from rctspark.estimators.durations.normal import as_coefficients, as_rows
from rctspark.estimators.durations.periods import require_person_periods
from rctspark.estimators.durations.risk_sets import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.durations import PersonPeriods

    Floats = NDArray[np.float64]

LINKS = ("logit", "cloglog")
MOST_STEPS = 200
TOLERANCE = 1e-20
"""Scoring stops when the squared step, in standard errors, is below this."""
FARTHEST = 18.0
"""A fitted log-odds beyond this is looked into: it may be infinite."""
SMALLEST_STEP = 1e-6
FLAT = 1e-10
INDEPENDENT = 1e-9
MOVES = 1e-7
"""A direction of separation moves a column by more than this, out of 1."""


@dataclass(frozen=True, slots=True, eq=False)
class _Evaluation:
    """The likelihood at some coefficients; scores per row, before the design."""

    log_likelihood: float
    score: Floats
    weight: Floats


def estimate_discrete_hazard(
    rows: PersonPeriods,
    *,
    link: str,
    pieces: Sequence[int] | None = None,
    covariance: str = "model",
    level: float = 0.90,
) -> HazardFit:
    """Estimate how the chance of leaving in a period depends on covariates.

    Maximum likelihood by scoring, with a dummy per piece of time and no constant. The
    complementary log-log link is the proportional hazards model for times grouped
    into periods (Prentice and Gloeckler 1978, doi:10.2307/2529588). Cells give what
    their rows give, for the likelihood knows only the counts. The clustered
    covariance sums scores over the periods of a person (Liang and Zeger 1986,
    doi:10.1093/biomet/73.1.13), times G / (G - 1) for G persons.

    Args:
        rows: Person-periods, or their cells.
        link: `logit` or `cloglog`.
        pieces: First period of every piece of the baseline, from 1 on, rising; each
            period its own piece where left out.
        covariance: `model` (inverse expected information) or `cluster` (by person;
            rows only).
        level: Level of the intervals.

    Returns:
        The fit: pieces first, as `period 1-4`, then covariates.

    Raises:
        EstimationError: Counts, periods or covariates can't be used; columns say the
            same; columns tell without error who leaves; clusters asked of cells.
    """
    require_person_periods(rows)
    names, design = _design(rows, pieces)
    _require_request(rows, link, covariance)
    _require_independence(names, design, rows.at_risk)
    coefficients, at = _maximise(rows, design, names, link)
    information = (design * at.weight[:, None]).T @ design
    variance = linalg.inv(information)
    clusters = 0 if rows.person is None else int(np.unique(rows.person).size)
    if covariance == "cluster":
        variance = _clustered(rows, design * at.score[:, None], variance)
    return HazardFit(
        model=link,
        cause="any",
        coefficients=as_coefficients(names, coefficients, variance, level),
        covariance=as_rows(variance),
        covariance_kind=covariance,
        log_likelihood=at.log_likelihood,
        log_likelihood_null=float("nan"),
        rows=int(rows.at_risk.sum()),
        clusters=clusters,
        exits=int(rows.exits.sum()),
        level=level,
    )


def _require_request(rows: PersonPeriods, link: str, covariance: str) -> None:
    faults = []
    if link not in LINKS:
        faults.append(f"link {link} is not one of {list(LINKS)}")
    if covariance not in {"model", "cluster"}:
        faults.append(f"covariance {covariance} is not model or cluster")
    if covariance == "cluster" and rows.person is None:
        faults.append("cells do not tell whose rows they hold: no clusters by person")
    refuse(faults, "The request")


def _design(
    rows: PersonPeriods, pieces: Sequence[int] | None
) -> tuple[tuple[str, ...], Floats]:
    """Return a dummy per piece of time, then the covariates."""
    last = int(rows.period.max())
    starts = np.arange(1, last + 1) if pieces is None else np.asarray(pieces)
    if starts[0] != 1 or (np.diff(starts) <= 0).any() or starts[-1] > last:
        raise EstimationError(
            f"pieces must rise from 1 to at most {last}, the last {rows.unit} at risk"
        )
    ends = np.append(starts[1:] - 1, last)
    labels = tuple(
        f"period {a}" if a == b else f"period {a}-{b}"
        for a, b in zip(starts, ends, strict=True)
    )
    piece = np.searchsorted(starts, rows.period, side="right") - 1
    dummies = (piece[:, None] == np.arange(starts.size)).astype(np.float64)
    return (*labels, *rows.names), np.column_stack([dummies, rows.covariates])


def _require_independence(
    names: tuple[str, ...], design: Floats, at_risk: Floats
) -> None:
    length = np.sqrt(at_risk @ design**2)
    zero = [n for n, size in zip(names, length, strict=True) if size == 0]
    refuse([f"{name} is 0 in every row" for name in zero], "The design")
    weighted = design * np.sqrt(at_risk)[:, None] / length
    triangle, order = linalg.qr(weighted, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangle)[: len(names)])
    lost = [*order[: diagonal.size][diagonal <= INDEPENDENT], *order[diagonal.size :]]
    refuse(
        [f"{names[i]} says what the other columns say" for i in sorted(lost)],
        "The design",
    )


def _evaluate(rows: PersonPeriods, eta: Floats, link: str) -> _Evaluation:
    n, y = rows.at_risk, rows.exits
    if link == "logit":
        share = 1 / (1 + np.exp(-eta))
        stays = -np.logaddexp(0, eta)
        leaves = -np.logaddexp(0, -eta)
        slope = share * (1 - share)
    else:
        hazard = np.exp(np.minimum(eta, 500.0))
        stays = -hazard
        share = -np.expm1(-hazard)
        leaves = np.log(share)
        slope = hazard * np.exp(-hazard)
    spread = share * np.exp(stays)
    # Where the chance is 1 to the last digit, slope and spread are both 0.
    ratio = np.divide(slope, spread, out=np.zeros_like(slope), where=spread > 0)
    stayed = np.where(n > y, (n - y) * stays, 0.0)
    left = np.where(y > 0, y * leaves, 0.0)
    return _Evaluation(
        log_likelihood=float((stayed + left).sum()),
        score=(y - n * share) * ratio,
        weight=n * slope * ratio,
    )


def _maximise(
    rows: PersonPeriods, design: Floats, names: tuple[str, ...], link: str
) -> tuple[Floats, _Evaluation]:
    """Climb by scoring from equal chances, halving steps that do not climb."""
    coefficients = _start(rows, design, link)
    at = _evaluate(rows, design @ coefficients, link)
    for _ in range(MOST_STEPS):
        gradient = design.T @ at.score
        information = (design * at.weight[:, None]).T @ design
        try:
            step = linalg.solve(information, gradient, assume_a="pos")
        except linalg.LinAlgError:
            break
        coefficients, at = _climb(rows, design, (coefficients, at), step, link)
        if float(step @ gradient) < TOLERANCE:
            break
        if np.abs(design @ coefficients).max() > FARTHEST:
            _require_no_separation(rows, design, names)
    if np.abs(design @ coefficients).max() > FARTHEST or float(step @ gradient) > FLAT:
        _require_no_separation(rows, design, names)
    return coefficients, at


def _start(rows: PersonPeriods, design: Floats, link: str) -> Floats:
    share = (rows.exits.sum() + 0.5) / (rows.at_risk.sum() + 1.0)
    eta = np.log(share / (1 - share)) if link == "logit" else np.log(-np.log1p(-share))
    root = np.sqrt(rows.at_risk)
    start: Floats = linalg.lstsq(design * root[:, None], eta * root)[0]
    return start


def _climb(
    rows: PersonPeriods,
    design: Floats,
    now: tuple[Floats, _Evaluation],
    step: Floats,
    link: str,
) -> tuple[Floats, _Evaluation]:
    coefficients, at = now
    size = 1.0
    while True:
        following = _evaluate(rows, design @ (coefficients + size * step), link)
        if following.log_likelihood >= at.log_likelihood - 1e-9 or size < SMALLEST_STEP:
            return coefficients + size * step, following
        size /= 2


def _require_no_separation(
    rows: PersonPeriods, design: Floats, names: tuple[str, ...]
) -> None:
    """Look for a direction in which the likelihood climbs for ever.

    A linear programme (Konis 2007): a direction in which every row that left only
    rises, every row that stayed only falls, and some move at all.
    """
    cells, place = np.unique(design, axis=0, return_inverse=True)
    n = np.bincount(place.reshape(-1), weights=rows.at_risk)
    y = np.bincount(place.reshape(-1), weights=rows.exits)
    sign = np.where(y == 0, -1.0, np.where(y == n, 1.0, 0.0))
    fixed = sign == 0
    signed = cells[~fixed] * sign[~fixed, None]
    found = optimize.linprog(
        -signed.sum(axis=0),
        A_ub=-signed if signed.size else None,
        b_ub=np.zeros(len(signed)) if signed.size else None,
        A_eq=cells[fixed] if fixed.any() else None,
        b_eq=np.zeros(int(fixed.sum())) if fixed.any() else None,
        bounds=(-1, 1),
    )
    if found.status == 0 and found.fun > -MOVES:
        return
    moves = (
        np.abs(found.x) > MOVES
        if found.status == 0
        else np.ones(len(names), dtype=bool)
    )
    guilty = [name for name, moved in zip(names, moves, strict=True) if moved]
    raise EstimationError(
        f"Separation: {', '.join(guilty)} tell(s) without error whether some of "
        f"{int(n.sum())} row(s) leave, so no finite coefficient is the most likely. "
        "Join pieces of time or categories, or leave the column out."
    )


def _clustered(rows: PersonPeriods, scores: Floats, bread: Floats) -> Floats:
    persons, place = np.unique(np.asarray(rows.person), return_inverse=True)
    sums = np.column_stack([np.bincount(place, weights=s) for s in scores.T]) @ bread
    variance: Floats = sums.T @ sums * (persons.size / (persons.size - 1))
    return variance
