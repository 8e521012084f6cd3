"""What a plan asks of a duration is what its estimators give, filed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from rctspark.config.plan import DurationPlan
from rctspark.contracts.duration_sample import DurationSample
from rctspark.contracts.durations import Durations
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    contrast_incidence,
    estimate_gray,
    estimate_incidence,
    estimate_log_rank,
    estimate_survival,
)
from rctspark.estimators.durations.planned import estimate_duration

ARMS = ("control", "zia", "hia")
ASKED = {
    "name": "stay",
    "unit": "week",
    "until": 20,
    "departures": [
        {"name": "job", "destinations": ["work"]},
        {"name": "other", "is_rest": True},
    ],
    "curves": ["survival", "incidence", "hazard"],
    "tests": ["log_rank", "gray"],
    "within": [8],
    "mean_until": [10],
    "varying": [{"name": "working", "value": "jobs"}],
    "interview": {"kinds": ["interview"]},
    "models": [
        {"name": "plain", "kind": "cox", "covariates": ["age"]},
        {"name": "by_week", "kind": "cox", "covariates": ["age"], "first_period": 2},
        {"name": "job", "kind": "cox", "cause": "job", "varying": ["working"]},
        {"name": "weekly", "kind": "discrete", "pieces": [1, 6], "cause": "job"},
        {
            "name": "timing",
            "kind": "timing",
            "breaks": [6],
            "interview_breaks": [6],
            "within": [15],
            "interview_at": 5,
        },
    ],
}


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(11)
    n = 600
    arm = np.array(ARMS)[np.arange(n) % 3]
    age = rng.normal(size=n)
    time = np.ceil(rng.exponential(9 * np.exp(-0.2 * age), n)).astype(np.int64)
    left = time <= 20
    interview = np.ceil(rng.exponential(np.where(arm == "zia", 6, 12)))
    time = np.minimum(time, 20)
    return DurationSample(
        time=time,
        cause=np.where(left, 1 + (rng.random(n) < 0.3), 0).astype(np.int64),
        arm=arm,
        covariates={"age": age[:, None]},
        columns={"age": ("age",)},
        stratum=None,
        interview=np.where(interview <= time, interview, np.nan),
        varying={"working": rng.integers(0, 2, (n, 20)).astype(float)},
    )


@pytest.fixture(scope="module")
def found(sample):
    return ask(sample, ASKED)


def ask(sample, asked, **given):
    return estimate_duration(
        sample,
        duration=DurationPlan.model_validate(asked | given),
        arms=ARMS,
        level=0.90,
        minimum_persons=10,
    )


def rows(found, **where):
    return [
        e for e in found.estimates if all(getattr(e, k) == v for k, v in where.items())
    ]


def plain(sample):
    return Durations(
        time=sample.time.astype(float),
        cause=sample.cause,
        causes=("job", "other"),
        arm=sample.arm,
        unit="week",
    )


def test_tests_and_contrasts_are_those_of_their_estimators(sample, found):
    durations = plain(sample)
    (rank,) = rows(found, method="log_rank")
    test = estimate_log_rank(durations)
    assert (rank.statistic, rank.df, rank.p_value) == (
        test.statistic,
        test.df,
        test.p_value,
    )
    assert [g.p_value for g in rows(found, method="gray")] == [
        t.p_value for t in estimate_gray(durations)
    ]
    gaps = contrast_incidence(
        estimate_incidence(durations), control="control", horizons=(8,)
    )
    filed = rows(found, method="incidence_difference")
    assert {(g.cause, g.term, g.estimate) for g in filed} == {
        (g.outcome.removeprefix("exit_"), g.arm, g.estimate) for g in gaps
    }
    assert len(rows(found, method="restricted_mean_difference")) == 2


def test_curves_hold_every_time_of_every_arm(sample, found):
    survival = [p for p in found.points if p.curve == "survival" and p.arm == "zia"]
    (curve,) = [c for c in estimate_survival(plain(sample)) if c.arm == "zia"]
    assert [p.value for p in survival] == list(curve.survival)
    hazards = [p for p in found.points if p.curve == "hazard" and p.arm == "all"]
    assert sum(p.n_at_risk for p in hazards) == sample.time.sum()
    assert sum(p.n_exits for p in hazards) == (sample.cause > 0).sum()


def test_a_row_per_week_gives_what_a_row_per_person_gives(sample, found):
    weekly = ask(
        sample,
        ASKED,
        models=[
            {
                "name": "weekly",
                "kind": "cox",
                "covariates": ["age"],
                "varying": ["working"],
            },
            {"name": "weekly_age", "kind": "cox", "covariates": ["age"]},
        ],
    )
    whole = {e.term: e for e in rows(found, model="plain")}
    assert set(whole) == {"arm=zia", "arm=hia", "age"}
    assert whole["age"].n_rows == sample.n
    later = rows(found, model="by_week")
    assert later[0].n_rows == sample.time.sum() - sample.n
    by_week = {e.term: e for e in rows(weekly, model="weekly")}
    assert by_week["working"].n_rows == sample.time.sum()
    same = {e.term: e for e in rows(weekly, model="weekly_age")}
    assert same["age"].estimate == pytest.approx(whole["age"].estimate, rel=1e-12)


def test_an_interview_tells_from_the_period_after_it_on(sample):
    weekly = {"kind": "discrete", "link": "cloglog", "cause": "job", "first_period": 3}
    by_hand = np.arange(1, 21) > sample.interview[:, None]
    hidden = replace(sample, varying={"working": by_hand.astype(float)})
    models = [
        weekly | {"name": "by_hand", "varying": ["working"]},
        weekly | {"name": "asked", "interview": True},
    ]
    found = ask(hidden, ASKED, models=models)
    asked = rows(found, model="asked")
    assert [e.term for e in asked] == ["period 1-20", "arm=zia", "arm=hia", "interview"]
    for one, other in zip(asked, rows(found, model="by_hand"), strict=True):
        assert (one.estimate, one.std_error) == (other.estimate, other.std_error)


def test_a_model_of_one_departure_counts_the_others_as_last_seen(sample, found):
    job = rows(found, model="job")
    assert {e.n_exits for e in job} == {(sample.cause == 1).sum()}
    assert [e.term for e in job] == ["arm=zia", "arm=hia", "working"]
    weekly = rows(found, model="weekly")
    assert [e.term for e in weekly][:2] == ["period 1-5", "period 6-20"]


def test_timing_files_the_effect_on_each_departure_and_its_points(found):
    timing = rows(found, method="timing", term="interview")
    assert [e.cause for e in timing] == ["job", "other"]
    arms = {e.term for e in rows(found, method="timing", cause="interview")}
    assert {"arm=zia", "arm=hia"} <= arms
    assert {e.cause for e in rows(found, method="timing_points")} == {"job", "other"}
    assert {e.horizon for e in rows(found, method="timing_points")} == {15}


def test_what_is_not_known_while_at_risk_is_counted(sample):
    sample.varying["working"][0, 0] = np.nan
    try:
        with pytest.raises(
            EstimationError, match=r"(?s)model job: .*working is missing .* 1 row\(s\)"
        ):
            ask(sample, ASKED, models=[ASKED["models"][2]])
    finally:
        sample.varying["working"][0, 0] = 0.0


def test_an_arm_with_too_few_persons_is_refused(sample):
    with pytest.raises(EstimationError, match=r"0 person\(s\) in arm wl"):
        estimate_duration(
            sample,
            duration=DurationPlan.model_validate(ASKED),
            arms=(*ARMS, "wl"),
            level=0.90,
            minimum_persons=10,
        )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"departures": [{"name": "job", "destinations": ["x"]}]}, "has is_rest"),
        ({"within": [21]}, "lie within until"),
        ({"varying": []}, "nothing varying is called working"),
        ({"interview": None}, "timing needs an interview"),
        (
            {
                "interview": None,
                "models": [{"name": "m", "kind": "discrete", "interview": True}],
            },
            "model m: the duration has no interview",
        ),
        ({"ends_at": "first_job"}, "departures are ways in which a benefit ends"),
        (
            {"models": [{"name": "m", "kind": "cox", "cause": "death"}]},
            "no departure is called death",
        ),
    ],
)
def test_parts_of_a_duration_that_do_not_go_together_are_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        DurationPlan.model_validate(ASKED | given)
