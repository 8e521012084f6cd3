"""Made-up records: two arms in months, six arms in weeks."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import inf

import numpy as np

from rctspark.config import Plan, Thresholds, read_plan
from rctspark.config.plan import (
    ExitOutcome,
    ExitToJobOutcome,
    PanelOutcome,
    TimeShareOutcome,
)
from rctspark.contracts import Effect
from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.release.design import ArmCount, FunnelStep
from rctspark.release.durations import DurationResults
from rctspark.release.record import DeliveryLine, ReportRecord, Unobserved

DATA_VERSION = "as-known-2014-03-31"


def effect(**changes) -> Effect:
    """An effect that may leave, with changes."""
    made = Effect(
        experiment="trial",
        site="all",
        population="all",
        outcome="exit",
        horizon=12,
        arm="help",
        against="control",
        estimand="itt",
        model="adjusted",
        estimate=0.027,
        std_error=0.0102,
        df=inf,
        ci_lower=0.0102,
        ci_upper=0.0438,
        level=0.90,
        p_value=0.008,
        n_arm=4620,
        n_against=4617,
        n_total=9237,
        mean_against=0.596,
        covariance="HC1",
        rank=12,
        columns=12,
        data_version=DATA_VERSION,
        plan_hash="0123456789abcdef",
    )
    return replace(made, **changes)


def estimate(rng, plan, key, arm, sizes, truth) -> Effect:
    """One made-up effect of an outcome at a horizon, by one model."""
    outcome, horizon, model = key
    centre, spread, size = truth
    n_arm, n_control = sizes[arm], sizes[plan.arms.control]
    error = spread * np.sqrt(1 / n_arm + 1 / n_control)
    value = size + rng.normal(0, error * 0.6)
    return effect(
        experiment=plan.name,
        outcome=outcome,
        horizon=horizon,
        arm=arm,
        against=plan.arms.control,
        model=model,
        estimate=value,
        std_error=error,
        ci_lower=value - 1.645 * error,
        ci_upper=value + 1.645 * error,
        p_value=float(np.exp(-0.717 * (z := abs(value / error)) - 0.416 * z * z)),
        n_arm=n_arm,
        n_against=n_control,
        n_total=sum(sizes.values()),
        mean_against=centre,
        rank=1 + len(plan.arms.treatments),
        plan_hash=plan.hash,
    )


def grow(outcome, horizon: int) -> tuple[float, float, float]:
    """Mean of control, standard deviation and effect of an outcome at a horizon."""
    if isinstance(outcome, ExitOutcome | ExitToJobOutcome):
        share = 0.85 * (1 - np.exp(-horizon / 10))
        return share * (1 if outcome.kind == "exit" else 0.72), 0.49, 0.022
    if isinstance(outcome, TimeShareOutcome):
        return {"benefit": (0.527, 0.38, -0.016), "job": (0.307, 0.37, 0.014)}.get(
            outcome.state, (0.23, 0.3, 0.004)
        )
    if isinstance(outcome, PanelOutcome):
        left = np.exp(-max(horizon, 0) / 11)
        if outcome.name == "in_benefit":
            return float(left), 0.45, -0.02
        if outcome.unit == "share":
            return float(0.09 + 0.5 * (1 - left)), 0.45, 0.02
        return float(150 + 1100 * (1 - left)), 1200.0, 32.0
    return 2.03, 1.21, -0.04


def effects_of(plan: Plan, sizes: dict[str, int], seed: int) -> tuple[Effect, ...]:
    """Made-up effects for every outcome, horizon, arm and model of a plan."""
    rng = np.random.default_rng(seed)
    made = []
    for outcome in plan.outcomes:
        horizons = (
            plan.horizons(outcome)
            if isinstance(outcome, PanelOutcome)
            else getattr(outcome, "within", (0,))
        )
        for horizon in horizons:
            truth = grow(outcome, horizon)
            made += [
                estimate(
                    rng, plan, (outcome.name, horizon, model.name), arm, sizes, truth
                )
                for model in plan.models
                for arm in plan.arms.treatments
            ]
    return tuple(made)


def two_arms(root) -> ReportRecord:
    """Two arms, months, assignment by parity, synthetic."""
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml")
    sizes = {"basic": 4617, "intensive": 4620}
    counts = (41280, 14031, 13980, 13950, 9237 + 41 + 12 + 30, 9237 + 42, 9237 + 12)
    steps = [
        ("In the benefit register", "", 0),
        ("Benefit of 13 weeks in the window", "Not 13 weeks on benefit in the window"),
        ("At the six offices", "Paid by another office"),
        ("Not under 27 in the ESF track", "Under 27 in the intensive ESF track"),
        ("Not WIA 35-minus", "Assessed as less than 35 per cent disabled (WIA)"),
        ("No network training", "Aged 55 or over and following the network training"),
        ("No start-up period", "Start-up period of the self-employed in 13 weeks"),
        ("Enrolled", "Dismissed by the company MSD"),
    ]
    left = [*counts, 9237]
    funnel = tuple(
        FunnelStep(i + 1, s[0], s[1], left[max(i - 1, 0)] - left[i], left[i])
        for i, s in enumerate(steps)
    )
    return ReportRecord(
        plan=plan,
        plan_hash=plan.hash,
        effects=effects_of(plan, sizes, seed=1),
        funnel=funnel,
        assignment=(
            ArmCount("basic", "basic", "basic", 4601),
            ArmCount("basic", "intensive", "basic", 16),
            ArmCount("intensive", "intensive", "intensive", 4606),
            ArmCount("intensive", "basic", "intensive", 14),
        ),
        sample_ratio_p=0.975,
        thresholds=Thresholds(),
        data_version=DATA_VERSION,
        deliveries=(
            DeliveryLine("persons", "2012", "V1", dt.date(2014, 3, 1)),
            DeliveryLine("benefit_spells", "2014", "V1", dt.date(2014, 3, 1)),
            DeliveryLine("payroll", "2013", "V2", dt.date(2014, 3, 14)),
        ),
        code_version="0.1.0+abc1234",
        run_id="20140401T120000-effects",
        is_synthetic=True,
        unobserved=(Unobserved("exit", 15, 2790), Unobserved("in_benefit", 14, 1204)),
        links={
            "Data quality": "../../quality/index.html",
            "Tracked runs": "sqlite:///out/mlflow.db",
        },
    )


WEEKS = {
    "name": "bonus",
    "title": "Bonus for leaving unemployment insurance",
    "registers": {"root": "bonus", "mappings": ["bonus"], "as_known_on": "2000-01-01"},
    "period": "week",
    "window": {"first": -4, "last": 26},
    "follow_up_until": "1990-12-31",
    "population": {"origin": "benefit_start", "benefits": ["UI"]},
    "arms": {"control": "control", "treatments": [f"arm_{i}" for i in range(1, 7)]},
    "assignment": {"rule": "list"},
    "outcomes": [
        {"name": "log_weeks", "kind": "benefit_duration", "unit": "log weeks"},
        {"name": "exit", "kind": "exit", "within": [10], "per": "week"},
        {
            "name": "in_benefit",
            "kind": "panel",
            "value": "double(is_in_benefit)",
            "horizons": [-4, 26],
        },
    ],
    "covariates": [{"name": "female", "value": "double(sex = 'female')"}],
    "models": [
        {"name": "unadjusted"},
        {"name": "products", "covariates": ["female"], "products": "pairwise"},
    ],
    "analyses": [{"population": "all"}],
    "headlines": [
        {"outcome": "log_weeks", "horizon": 0, "model": "unadjusted"},
        {"outcome": "exit", "horizon": 10, "model": "products"},
    ],
    "labels": {"in_benefit": {"en": "In benefit in the week", "nl": "In uitkering"}},
}


def six_arms() -> ReportRecord:
    """Six treatments and control, weeks, assignment by list, real persons."""
    plan = Plan.model_validate(WEEKS)
    sizes = dict(
        zip(plan.arms.all, (3354, 1385, 2428, 1885, 1745, 1831, 1285), strict=True)
    )
    total = sum(sizes.values())
    return ReportRecord(
        plan=plan,
        plan_hash=plan.hash,
        effects=effects_of(plan, sizes, seed=2),
        funnel=(FunnelStep(1, "On an assignment list", "", 0, total),),
        assignment=tuple(ArmCount(None, arm, arm, n) for arm, n in sizes.items()),
        sample_ratio_p=None,
        thresholds=Thresholds(),
        data_version=DATA_VERSION,
        deliveries=(DeliveryLine("persons", "1989", "V1", dt.date(2000, 1, 1)),),
        code_version="0.1.0+abc1234",
        run_id="20140401T120000-effects",
        is_synthetic=False,
    )


def durations_of(plan: Plan) -> DurationResults:
    """Made-up numbers of the first duration of a plan, one of each kind."""
    arm = f"arm={plan.arms.treatments[0]}"
    facts = [
        ("restricted_mean_difference", "", "any", plan.arms.treatments[0], 15, -0.25),
        ("cloglog", "hazard_of_job", "job", arm, 0, 0.104),
        ("timing", "timing_of_events", "job", "interview", 0, 0.27),
        ("timing_points", "timing_of_events", "job", "interview", 12, 0.012),
    ]
    estimates = tuple(
        DurationEstimate(
            method=method,
            model=model,
            cause=cause,
            term=term,
            horizon=horizon,
            estimate=value,
            std_error=0.04,
            ci_lower=value - 0.066,
            ci_upper=value + 0.066,
            level=0.9,
            p_value=0.04,
            n_persons=9237,
            n_exits=3000,
        )
        for method, model, cause, term, horizon, value in facts
    )
    return DurationResults(plan.durations[0].name, (), estimates)
