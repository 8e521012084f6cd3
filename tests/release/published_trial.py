"""A made-up trial of two arms that releases one table of each kind."""

from __future__ import annotations

import datetime as dt
from math import sqrt

from rctspark.config import Plan, Thresholds
from rctspark.config.plan import plan_faults
from rctspark.contracts import Descriptive, Effect
from rctspark.release.design import ArmCount
from rctspark.release.record import DeliveryLine, ReportRecord

SIZES = {"basic": 1000, "more": 1010}
SEX = {"man": (600, 590), "woman": (398, 419), "unknown": (2, 1)}
AGE = {"young": (420, 400), "middle": (180, 200), "old": (393, 406)}
"""7 and 4 persons' age is not known."""
TALKS = {4: {"none": (150, 140), "alone": (300, 420), "group": (400, 310)}}
CONTACTS = {"talks": (700, 1100), "tests": (160, 190), "rare": (25, 80)}
FEW = {"rare": (6, 30)}
"""Persons who had the 25 and 80 contacts of the rare kind."""

PLAN = {
    "name": "trial",
    "title": "A trial",
    "registers": {"root": "agency", "as_known_on": "2014-01-01", "mappings": ["any"]},
    "window": {"first": 0, "last": 2},
    "follow_up_until": "2014-01-01",
    "population": {"origin": "benefit_start", "benefits": ["WW"]},
    "arms": {"control": "basic", "treatments": ["more"]},
    "assignment": {"rule": "list", "analyse": "recorded"},
    "rounds": [{"number": 4, "first_day": 77, "last_day": 112}],
    "outcomes": [
        {"name": "exit", "kind": "exit", "within": [6, 12]},
        {
            "name": "wage",
            "kind": "job_quality",
            "measure": "hourly_wage",
            "unit": "euro",
        },
        {"name": "due", "kind": "round_benefit"},
        {"name": "alone", "kind": "round_contact", "kinds": ["alone"]},
        {"name": "group", "kind": "round_contact", "kinds": ["group"]},
        *({"name": n, "kind": "contact_count", "kinds": [n]} for n in CONTACTS),
    ],
    "covariates": [
        {"name": "sex", "value": "sex", "categories": [*SEX]},
        {"name": "age", "value": "age", "categories": [*AGE, "unknown"]},
    ],
    "models": [{"name": "plain"}],
    "analyses": [{"population": "all"}, {"population": "men", "where": "sex = 'man'"}],
    "tables": [
        {
            "name": "sizes",
            "kind": "arm_sizes",
            "columns": {"arm": "arm", "persons": "persons"},
        },
        {
            "name": "contacts",
            "kind": "contacts",
            "columns": {"kind": "label", "b": "basic", "m": "more", "both": "total"},
            "lines": {name: name for name in CONTACTS},
        },
        {
            "name": "rounds",
            "kind": "rounds",
            "columns": {"month": "round", "form": "label", "b": "basic", "m": "more"},
            "among": "due",
            "lines": {4: {"alone": "alone", "group": "group"}},
        },
        {
            "name": "balance",
            "kind": "balance",
            "columns": {
                "what": "characteristic",
                "which": "category",
                "b": "basic",
                "m": "more",
            },
            "lines": {
                "sex": {"covariate": "sex", "categories": {n: n for n in SEX}},
                "age": {
                    "covariate": "age",
                    "categories": {n: n for n in AGE},
                    "missing": "unknown",
                },
            },
        },
        {
            "name": "results",
            "kind": "effects",
            "model": "plain",
            "columns": {
                "who": "population",
                "outcome": "label",
                "months": "horizon",
                "m": "mean more",
                "b": "mean basic",
                "net": "effect more",
                "stars": "stars more",
            },
            "lines": {
                "left": {"outcome": "exit", "horizons": [6, 12], "factor": 100},
                "pay": {"outcome": "wage", "decimals": 2},
            },
            "blocks": [
                {"populations": ["all"]},
                {"populations": ["men"], "lines": ["left"]},
            ],
            "stars": [
                {"below": 0.05, "sign": "**"},
                {"below": 0.20, "sign": "+", "populations": ["men"]},
            ],
        },
    ],
}


def make_plan(**parts) -> Plan:
    """The plan, with some of its parts replaced."""
    plan = Plan.model_validate(PLAN | parts)
    assert plan_faults(plan) == []
    return plan


def counted(plan, subject, category, arm, persons, base, **numbers) -> Descriptive:
    """One row of DESCRIPTIVES."""
    blank = dict.fromkeys(
        ("total", "largest_share", "rest_ratio", "statistic", "df", "p_value")
    )
    return Descriptive(
        experiment=plan.name,
        population="all",
        subject=subject,
        category=category,
        arm=arm,
        persons=persons,
        base_persons=base,
        data_version="v1",
        plan_hash=plan.hash,
        **({"horizon": 0, "method": ""} | blank | numbers),
    )


def descriptives(plan) -> tuple[Descriptive, ...]:
    """Every count of the trial."""
    rows = []
    for side, (arm, size) in enumerate(SIZES.items()):
        rows.append(counted(plan, "enrolled", "all", arm, size, size))
        for subject, shares in (("sex", SEX), ("age", AGE)):
            base = sum(pair[side] for pair in shares.values())
            rows += [
                counted(plan, subject, category, arm, pair[side], base)
                for category, pair in shares.items()
            ]
        for number, forms in TALKS.items():
            base = sum(pair[side] for pair in forms.values())
            rows += [
                counted(plan, "due", form, arm, pair[side], base, horizon=number)
                for form, pair in forms.items()
            ]
        for name, pair in CONTACTS.items():
            persons = FEW.get(name, pair)[side]
            few = min(persons, size)
            total = float(pair[side])
            rows.append(counted(plan, name, "all", arm, few, size, total=total))
    return tuple(rows)


def found(plan, population, key, numbers) -> Effect:
    """One effect of the trial: outcome and horizon; mean, estimate and p-value."""
    (outcome, horizon), (mean, estimate, p_value) = key, numbers
    n_arm, n_against = {"all": (1010, 1000), "men": (593, 604)}[population]
    error = sqrt(mean * (1 - mean) * (1 / n_arm + 1 / n_against)) if mean < 1 else 0.4
    return Effect(
        experiment=plan.name,
        site="all",
        population=population,
        outcome=outcome,
        horizon=horizon,
        arm="more",
        against="basic",
        estimand="itt",
        model="plain",
        estimate=estimate,
        std_error=error,
        df=float(n_arm + n_against - 2),
        ci_lower=estimate - error,
        ci_upper=estimate + error,
        level=0.9,
        p_value=p_value,
        n_arm=n_arm,
        n_against=n_against,
        n_total=n_arm + n_against,
        mean_against=mean,
        covariance="HC1",
        rank=2,
        columns=2,
        data_version="v1",
        plan_hash=plan.hash,
    )


def effects(plan) -> tuple[Effect, ...]:
    """Every effect of the trial; nearly nobody has left after six months."""
    return (
        found(plan, "all", ("exit", 6), (0.05, 0.01, 0.3)),
        found(plan, "all", ("exit", 12), (0.50041, 0.02553, 0.04)),
        found(plan, "all", ("wage", 0), (14.004, -0.001, 0.9)),
        found(plan, "men", ("exit", 6), (0.30049, 0.01, 0.3)),
        found(plan, "men", ("exit", 12), (0.5, 0.03, 0.15)),
    )


def record(*, is_synthetic=True, **changes) -> ReportRecord:
    """Everything that a report of the trial is made from."""
    plan = make_plan()
    parts = {
        "plan": plan,
        "plan_hash": plan.hash,
        "effects": effects(plan),
        "funnel": (),
        "assignment": tuple(ArmCount(None, a, a, n) for a, n in SIZES.items()),
        "sample_ratio_p": None,
        "thresholds": Thresholds(),
        "data_version": "v1",
        "deliveries": (DeliveryLine("payroll", "2013", "V1", dt.date(2014, 1, 1)),),
        "code_version": "0",
        "run_id": "run",
        "is_synthetic": is_synthetic,
        "is_all_synthetic": is_synthetic,
        "descriptives": descriptives(plan),
    }
    return ReportRecord(**(parts | changes))
