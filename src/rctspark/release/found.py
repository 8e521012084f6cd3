"""Rows of the tables of an analysis, and the record that they become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rctspark.config.plan import PanelOutcome
from rctspark.contracts import Coefficient, Descriptive, Effect, JudgedTest
from rctspark.contracts.descriptives import ENROLLED
from rctspark.release.coarsening import whole_populations
from rctspark.release.design import ArmCount, FunnelStep
from rctspark.release.durations import read_durations, require_same_analysis
from rctspark.release.record import DeliveryLine, ReportRecord, Unobserved

if TYPE_CHECKING:
    from rctspark.config import Plan, Settings
    from rctspark.contracts.power import DetectableEffect
    from rctspark.contracts.registration import Standing

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of the tables that a report is made from, as plain mappings.

    Attributes:
        effects: EFFECTS.
        funnel: FUNNEL.
        arms: Enrolled persons by arm of the rule, recorded arm and analysed arm.
        unobserved: Persons without an outcome, by outcome and horizon.
        deliveries: DELIVERIES of the data version.
        descriptives: DESCRIPTIVES; none where the plan has no tables.
        duration_curves: DURATION_CURVES; none where the plan has no durations.
        duration_estimates: DURATION_ESTIMATES; likewise.
        tests: TESTS; none where the plan has no effects by category and no families.
        coefficients: COEFFICIENTS; none where the plan shows no models in full.
    """

    effects: Rows
    funnel: Rows
    arms: Rows
    unobserved: Rows
    deliveries: Rows
    descriptives: Rows = ()
    duration_curves: Rows = ()
    duration_estimates: Rows = ()
    tests: Rows = ()
    coefficients: Rows = ()

    @property
    def n_per_arm(self) -> dict[str, int]:
        """Enrolled persons by the arm that the analysis follows."""
        counts: dict[str, int] = {}
        for row in self.arms:
            counts[row["arm"]] = counts.get(row["arm"], 0) + row["persons"]
        return counts

    def n_per_site(self, sites: Iterable[str]) -> dict[str, dict[str, int]]:
        """Enrolled persons by site and arm; no site whose persons nobody counted.

        Args:
            sites: Sites of the plan.
        """
        counts: dict[str, dict[str, int]] = {}
        for row in self.descriptives:
            if row["subject"] == ENROLLED and row["arm"] in {*sites}:
                counts.setdefault(row["arm"], {})[row["category"]] = row["persons"]
        return counts


def make_record(  # noqa: PLR0913 (a report rests on all of them)
    found: Found,
    plan: Plan,
    settings: Settings,
    *,
    sample_ratio_p: float | None,
    data_version: str,
    run_id: str,
    code_version: str,
    standing: Standing,
    power: Sequence[DetectableEffect] = (),
) -> ReportRecord:
    """Make the record of an analysis from what its tables hold.

    Args:
        found: Rows of the tables.
        plan: The analysis plan.
        settings: Thresholds and exemptions of the data owner.
        sample_ratio_p: p-value of the intended shares; None: the plan has none.
        data_version: Named set of deliveries.
        run_id: Run that estimated the effects.
        code_version: Version and digest of the package.
        standing: How the plan stood to the registered ones.
        power: What the design can show, from the plan alone.

    Returns:
        The record, unscreened.

    Raises:
        ContractError: Durations are of another plan or other data than the effects.
    """
    require_same_analysis(
        found.duration_estimates, plan_hash=plan.hash, data_version=data_version
    )
    return ReportRecord(
        plan=plan,
        plan_hash=plan.hash,
        effects=tuple(Effect(**row) for row in found.effects),
        funnel=tuple(
            FunnelStep(**{name: row[name] for name in FunnelStep.__slots__})
            for row in sorted(found.funnel, key=itemgetter("step"))
        ),
        assignment=tuple(ArmCount(**row) for row in found.arms),
        sample_ratio_p=sample_ratio_p,
        thresholds=settings.thresholds,
        exemptions=settings.exempted(plan.name),
        data_version=data_version,
        deliveries=tuple(
            DeliveryLine(**{name: row[name] for name in DeliveryLine.__slots__})
            for row in sorted(
                found.deliveries, key=itemgetter("register", "period", "version")
            )
        ),
        code_version=code_version,
        run_id=run_id,
        is_synthetic=any(row["is_synthetic"] for row in found.deliveries),
        is_all_synthetic=bool(found.deliveries)
        and all(row["is_synthetic"] for row in found.deliveries),
        unobserved=(
            *(Unobserved(**row) for row in found.unobserved),
            *_observed_by_nobody(found, plan),
            *_panel_unobserved(found, plan),
        ),
        links={"Quality of the data": "../../quality/index.html"},
        descriptives=tuple(Descriptive(**row) for row in found.descriptives),
        durations=read_durations(found.duration_curves, found.duration_estimates),
        tests=tuple(JudgedTest(**row) for row in found.tests),
        standing=standing,
        coefficients=tuple(Coefficient(**row) for row in found.coefficients),
        power=tuple(power),
    )


def _observed_by_nobody(found: Found, plan: Plan) -> list[Unobserved]:
    """Horizons of the panel without any effect: the outcome is known of nobody."""
    estimated = {(row["outcome"], row["horizon"]) for row in found.effects}
    outcomes = {outcome for outcome, _ in estimated}
    asked = {
        (o.name, horizon)
        for a in plan.analyses
        for o in plan.outcomes
        if isinstance(o, PanelOutcome) and o.name in outcomes
        if not a.outcomes or o.name in a.outcomes
        for horizon in plan.horizons(o)
        if not a.horizons or horizon in a.horizons
    }
    enrolled = sum(row["persons"] for row in found.arms)
    return [Unobserved(*key, enrolled) for key in sorted(asked - estimated)]


def _panel_unobserved(found: Found, plan: Plan) -> list[Unobserved]:
    """Horizons of the panel that are known of some: everyone less those estimated on.

    The panel is stored sparse, so it says nothing of who is not observed; an effect
    on everyone enrolled says how many of each arm were.
    """
    names = {o.name for o in plan.panel_outcomes}
    whole = whole_populations(plan)
    observed: dict[tuple[str, int, str, str], dict[str, int]] = {}
    for row in found.effects:
        is_of_everyone = row["population"] in whole and row["site"] == "all"
        if row["outcome"] in names and is_of_everyone:
            key = (row["outcome"], row["horizon"], row["population"], row["model"])
            sides = {row["arm"]: row["n_arm"], row["against"]: row["n_against"]}
            observed.setdefault(key, {}).update(sides)
    most: dict[tuple[str, int], int] = {}
    for (outcome, horizon, _, _), sides in observed.items():
        if {*sides} == {*plan.arms.all}:
            n = max(most.get((outcome, horizon), 0), sum(sides.values()))
            most[outcome, horizon] = n
    enrolled = sum(found.n_per_arm.values())
    return [
        Unobserved(*key, enrolled - n)
        for key, n in sorted(most.items())
        if n < enrolled
    ]
