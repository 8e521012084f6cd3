"""Durations that leave: no small step, no covariate, and figures that say so."""

import itertools

import pytest

from rctspark.config import read_plan
from rctspark.config.settings import Thresholds
from rctspark.contracts.duration_tables import CurvePoint, DurationEstimate
from rctspark.errors import ContractError
from rctspark.release.durations import (
    duration_tables,
    read_durations,
    require_same_analysis,
    screen_curve,
    screen_durations,
)
from rctspark.release.labels import Labels
from rctspark.release.survival import draw_duration

FILED = {
    "experiment": "ww",
    "duration": "benefit_months",
    "plan_hash": "1a2b",
    "data_version": "known-2014-03-31",
}


def curve(exits, *, at_risk=1000, arm="basic", kind="survival", cause="any"):
    points, value = [], 1.0 if kind == "survival" else 0.0
    for time, left in enumerate(exits, start=1):
        step = left / 1000
        value += -step if kind == "survival" else step
        points.append(
            CurvePoint(
                curve=kind,
                arm=arm,
                cause=cause,
                unit="month",
                time=time,
                n_at_risk=at_risk,
                n_exits=left,
                value=value,
                std_error=0.01234567,
                ci_lower=max(value - 0.02, 0),
                ci_upper=min(value + 0.02, 1),
                level=0.9,
            )
        )
        at_risk -= left
    return points


def estimate(**facts):
    given = {
        "method": "log_rank",
        "model": "",
        "cause": "any",
        "term": "arms",
        "p_value": 0.0241463,
        "n_persons": 9237,
        "n_exits": 6256,
        "statistic": 5.084092,
        "df": 1,
    }
    return DurationEstimate(**(given | facts))


def rows_of(records):
    return [{n: getattr(r, n) for n in r.__slots__} | FILED for r in records]


def test_a_point_stays_only_where_ten_left_since_the_last_that_stays():
    kept = screen_curve(curve([12, 3, 4, 5, 2, 9, 10]), minimum_persons=10)
    assert [p.time for p in kept] == [1, 4, 6, 7]
    assert all(p.n_exits == 0 and p.n_at_risk % 10 == 0 for p in kept)


def test_nothing_is_shown_where_fewer_than_ten_are_still_in():
    kept = screen_curve(curve([500, 480, 15], at_risk=1000), minimum_persons=10)
    assert [p.time for p in kept] == [1, 2]


def test_steps_of_what_leaves_are_never_those_of_fewer_than_ten_persons():
    exits = [30, 1, 0, 9, 11, 2, 2, 2, 5, 40]
    kept = screen_curve(curve(exits), minimum_persons=10)
    values = [1.0, *(p.value for p in kept)]
    steps = [round(1000 * (a - b)) for a, b in itertools.pairwise(values)]
    assert min(steps) >= 10


def test_coefficients_of_covariates_and_numbers_on_few_exits_stay_inside():
    found = read_durations(
        [],
        rows_of(
            [
                estimate(),
                estimate(method="cox", term="age=unknown", estimate=0.1, std_error=0.7),
                estimate(
                    method="cox", term="arm=intensive", estimate=0.1, std_error=0.02
                ),
                estimate(method="gray", cause="job", n_exits=9),
                estimate(method="gray", cause="other", n_exits=9230),
            ]
        ),
    )
    (kept,) = screen_durations(found, Thresholds())
    assert [(e.method, e.term) for e in kept.estimates] == [
        ("cox", "arm=intensive"),
        ("log_rank", "arms"),
    ]
    assert {e.n_persons for e in kept.estimates} == {9240}
    assert kept.estimates[1].p_value == pytest.approx(0.024, abs=1e-12)


def test_a_hazard_whose_error_gives_a_hidden_share_stays_inside():
    """94 of 2,770 found a job: the error says so to whoever knows it is Poisson's."""
    few = {"n_persons": 2770, "n_exits": 94, "method": "cox", "term": "arm=intensive"}
    rare = estimate(**few, estimate=0.0, std_error=(1 / 47 + 1 / 47) ** 0.5)
    assert round(4 / rare.std_error**2) == 94
    found = read_durations([], rows_of([estimate(), rare]))
    (kept,) = screen_durations(found, Thresholds())
    assert [e.method for e in kept.estimates] == ["log_rank"]
    (exempt,) = screen_durations(found, Thresholds(), are_shares_exempt=True)
    assert [e.method for e in exempt.estimates] == ["cox", "log_rank"]


def test_durations_of_another_plan_never_stand_beside_effects():
    rows = rows_of([estimate()])
    plan, data = FILED["plan_hash"], FILED["data_version"]
    require_same_analysis(rows, plan_hash=plan, data_version=data)
    with pytest.raises(ContractError, match="Run the job that estimates durations"):
        require_same_analysis(rows, plan_hash="another", data_version=data)
    with pytest.raises(ContractError, match=plan):
        require_same_analysis(rows, plan_hash=plan, data_version="another")


def test_the_figure_shows_the_points_that_leave_and_no_others(root):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml")
    points = [
        *curve([100, 80, 3, 60], arm="basic"),
        *curve([120, 90, 5, 70], arm="intensive"),
        *curve([60, 40, 2, 30], kind="incidence", cause="job"),
    ]
    found = screen_durations(read_durations(rows_of(points), []), Thresholds())
    planned = plan.durations[0]
    figure = draw_duration(planned, found[0], Labels(plan), is_synthetic=True)
    assert figure is not None
    assert sorted(figure.data["time"].unique()) == [1, 2, 4]
    assert len(figure.data) == 9
    assert "<svg" in figure.svg
    assert list(duration_tables(found)["duration_curves"].columns) == list(
        figure.data.columns
    )
