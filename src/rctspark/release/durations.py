"""Durations that may leave: curves without small steps, estimates with enough exits."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import pandas as pd

from rctspark.contracts.duration_tables import CurvePoint, DurationEstimate
from rctspark.errors import ContractError
from rctspark.release.numerals import kept_decimals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from rctspark.config import Thresholds

ARM = "arm="
INTERVIEW = "interview"
REGRESSIONS = ("cox", "logit", "cloglog", "timing")
SHARE_DECIMALS = 3
P_DECIMALS = 3
TENS = -1
CURVE_COLUMNS = (
    "curve",
    "arm",
    "cause",
    "unit",
    "time",
    "value",
    "std_error",
    "ci_lower",
    "ci_upper",
    "level",
    "n_at_risk",
)
ESTIMATE_COLUMNS = (
    "method",
    "model",
    "cause",
    "term",
    "horizon",
    "estimate",
    "std_error",
    "ci_lower",
    "ci_upper",
    "level",
    "p_value",
    "statistic",
    "df",
    "covariance",
    "n_persons",
)


@dataclass(frozen=True, slots=True)
class DurationResults:
    """What was found of one duration of the plan.

    Attributes:
        name: The duration.
        points: Its curves, time by time.
        estimates: Its tests, contrasts and coefficients.
    """

    name: str
    points: tuple[CurvePoint, ...]
    estimates: tuple[DurationEstimate, ...]


def read_durations(
    curves: Iterable[Mapping[str, Any]], estimates: Iterable[Mapping[str, Any]]
) -> tuple[DurationResults, ...]:
    """Put the rows of the two tables together by duration.

    Args:
        curves: Rows of DURATION_CURVES.
        estimates: Rows of DURATION_ESTIMATES.

    Returns:
        One result per duration, in the order of their names.
    """
    points = [(row["duration"], _made(CurvePoint, row)) for row in curves]
    found = [(row["duration"], _made(DurationEstimate, row)) for row in estimates]
    names = sorted({name for name, _ in [*points, *found]})
    return tuple(
        DurationResults(
            name=name,
            points=tuple(
                sorted(
                    (p for of, p in points if of == name),
                    key=lambda p: (p.curve, p.cause, p.arm, p.time),
                )
            ),
            estimates=tuple(
                sorted(
                    (e for of, e in found if of == name),
                    key=lambda e: (e.method, e.model, e.cause, e.term, e.horizon),
                )
            ),
        )
        for name in names
    )


def require_same_analysis(
    rows: Iterable[Mapping[str, Any]], *, plan_hash: str, data_version: str
) -> None:
    """Refuse durations of another plan or other data than the effects beside them.

    Args:
        rows: Rows of DURATION_CURVES or DURATION_ESTIMATES.
        plan_hash: Digest of the plan that the effects rest on.
        data_version: Set of deliveries that the effects rest on.

    Raises:
        ContractError: Rows rest on something else.
    """
    wanted = (plan_hash, data_version)
    others = {(row["plan_hash"], row["data_version"]) for row in rows} - {wanted}
    if others:
        found = "; ".join(f"plan {plan} on {data}" for plan, data in sorted(others))
        raise ContractError(
            f"Effects are of plan {plan_hash} on {data_version}, durations of {found}. "
            "Run the job that estimates durations again."
        )


def screen_durations(
    results: Iterable[DurationResults],
    thresholds: Thresholds,
    *,
    are_shares_exempt: bool = False,
) -> tuple[DurationResults, ...]:
    """Keep of durations what may leave.

    A step of a curve shows how many left since the point before it: a point stays
    only where at least the minimum left since the last one that stays, and as many
    are still in. Values are rounded to a tenth of a per cent and persons at risk to
    tens, so that few who were last seen in a period do not follow by subtraction.
    Coefficients of covariates stay inside: how many are in a category is not known
    here. So do estimates where nearly everyone left, or stayed: the standard error of
    a hazard is about the root of one over the exits, and gives that share away.

    Args:
        results: As estimated.
        thresholds: Of the data owner.
        are_shares_exempt: Whether the data owner lets such estimates leave.

    Returns:
        The same durations with fewer points and estimates.
    """
    least = thresholds.minimum_persons
    largest = 1.0 if are_shares_exempt else thresholds.maximum_share
    return tuple(
        replace(
            one,
            points=tuple(
                p
                for curve in _curves(one.points)
                for p in screen_curve(curve, minimum_persons=least)
            ),
            estimates=tuple(
                _rounded(e)
                for e in one.estimates
                if is_of_arms(e)
                and min(e.n_exits, e.n_persons - e.n_exits) >= least
                and max(e.n_exits, e.n_persons - e.n_exits) <= largest * e.n_persons
            ),
        )
        for one in results
    )


def is_of_arms(e: DurationEstimate) -> bool:
    """Tell contrasts, tests and effects from what a model has besides."""
    return e.method not in REGRESSIONS or e.term.startswith(ARM) or e.term == INTERVIEW


def screen_curve(
    points: Sequence[CurvePoint], *, minimum_persons: int
) -> list[CurvePoint]:
    """Keep the points of one curve between which enough persons left.

    Args:
        points: One curve, by time.
        minimum_persons: Fewest who left since the point before.

    Returns:
        The points that stay, rounded.
    """
    kept, left = [], 0
    for point in points:
        left += point.n_exits
        still_in = point.n_at_risk - point.n_exits
        if left < minimum_persons or still_in < minimum_persons:
            continue
        left = 0
        kept.append(
            replace(
                point,
                n_at_risk=round(point.n_at_risk, TENS),
                n_exits=0,
                value=round(point.value, SHARE_DECIMALS),
                std_error=round(point.std_error, SHARE_DECIMALS + 1),
                ci_lower=_round(point.ci_lower, SHARE_DECIMALS),
                ci_upper=_round(point.ci_upper, SHARE_DECIMALS),
            )
        )
    return kept


def duration_tables(results: Sequence[DurationResults]) -> dict[str, pd.DataFrame]:
    """Lay durations that may leave out as tidy tables.

    Args:
        results: Screened.

    Returns:
        `duration_curves` and `duration_estimates`; none where there is no duration.
    """
    if not results:
        return {}
    return {
        "duration_curves": _table(results, "points", CURVE_COLUMNS),
        "duration_estimates": _table(results, "estimates", ESTIMATE_COLUMNS),
    }


def _table(
    results: Sequence[DurationResults], what: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    rows = [
        {"duration": one.name} | {name: getattr(row, name) for name in columns}
        for one in results
        for row in getattr(one, what)
    ]
    return pd.DataFrame(rows, columns=["duration", *columns])


def _curves(points: Sequence[CurvePoint]) -> list[list[CurvePoint]]:
    curves: dict[tuple[str, str, str], list[CurvePoint]] = {}
    for point in points:
        curves.setdefault((point.curve, point.cause, point.arm), []).append(point)
    return list(curves.values())


def _rounded(e: DurationEstimate) -> DurationEstimate:
    decimals = kept_decimals(e.std_error) if e.std_error else SHARE_DECIMALS
    return replace(
        e,
        estimate=_round(e.estimate, decimals),
        std_error=_round(e.std_error, decimals),
        ci_lower=_round(e.ci_lower, decimals),
        ci_upper=_round(e.ci_upper, decimals),
        p_value=round(e.p_value, P_DECIMALS),
        statistic=_round(e.statistic, SHARE_DECIMALS),
        n_persons=round(e.n_persons, TENS),
        n_exits=0,
        n_rows=None,
        log_likelihood=None,
    )


def _round(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals) + 0.0


def _made(kind: type[Any], row: Mapping[str, Any]) -> Any:  # noqa: ANN401 (either)
    return kind(**{f.name: row[f.name] for f in fields(kind)})
