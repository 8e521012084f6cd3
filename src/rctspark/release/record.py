"""Everything that a report is made from, as a run hands it over: unscreened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctspark.contracts.registration import UNREGISTERED, Standing
from rctspark.release.publication.rows import Book

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from rctspark.config import Exemption, Plan, Thresholds
    from rctspark.contracts import Coefficient, Descriptive, Effect, JudgedTest
    from rctspark.contracts.power import DetectableEffect
    from rctspark.release.design import ArmCount, FunnelStep
    from rctspark.release.durations import DurationResults
    from rctspark.release.publication.finding_documents import PublishedFindings


@dataclass(frozen=True, slots=True)
class Unobserved:
    """Persons whose outcome is not known at a horizon.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Its horizon; 0 where it has none.
        persons: Enrolled persons without a value.
    """

    outcome: str
    horizon: int
    persons: int


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivered file that the data version holds.

    Attributes:
        register: Register that it feeds.
        period: Period that it speaks for.
        version: Version of that period's delivery.
        delivered_on: Day of delivery.
    """

    register: str
    period: str
    version: str
    delivered_on: dt.date


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """What a run hands to `release/`: unscreened, so it stays inside.

    Attributes:
        plan: The analysis plan.
        plan_hash: Its digest; every effect carries the same.
        effects: Effects as estimated.
        funnel: Steps from everyone in the register to those enrolled.
        assignment: Enrolled persons by arm of the rule, recorded arm, analysed arm.
        sample_ratio_p: p-value of the test that the arms have the intended shares.
            None: the plan states no shares.
        unobserved: Outcomes and horizons that are not known for everyone.
        thresholds: Disclosure thresholds of the data owner.
        exemptions: What the data owner exempts.
        data_version: Named set of deliveries; every effect carries the same.
        deliveries: What it holds.
        code_version: Version and digest of the package.
        run_id: Run that made the record.
        is_synthetic: Whether any delivery is made up.
        is_all_synthetic: Whether every delivery is.
        links: Words to a path, relative to the report: quality site, tracked runs.
        has_stars: Whether tables carry stars for levels of p.
        descriptives: Counts and tests of the plan's tables.
        comparison: Cells of a twin's tables that were compared with published ones,
            and how many of them agree. None: not compared.
        durations: What was found of the plan's durations.
        tests: Tests of equality and of families.
        findings: What is published in words, for twins. None: not compared.
        standing: How the plan stood to the registered ones.
        coefficients: Of the regressions that are shown in full.
        power: What the design can show, from the plan alone.
    """

    plan: Plan
    plan_hash: str
    effects: tuple[Effect, ...]
    funnel: tuple[FunnelStep, ...]
    assignment: tuple[ArmCount, ...]
    sample_ratio_p: float | None
    thresholds: Thresholds
    data_version: str
    deliveries: tuple[DeliveryLine, ...]
    code_version: str
    run_id: str
    is_synthetic: bool
    unobserved: tuple[Unobserved, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    has_stars: bool = True
    descriptives: tuple[Descriptive, ...] = ()
    is_all_synthetic: bool = False
    comparison: tuple[int, int] | None = None
    durations: tuple[DurationResults, ...] = ()
    tests: tuple[JudgedTest, ...] = ()
    findings: PublishedFindings | None = None
    standing: Standing = UNREGISTERED
    coefficients: tuple[Coefficient, ...] = ()
    power: tuple[DetectableEffect, ...] = ()

    @property
    def n_per_arm(self) -> dict[str, int]:
        """Enrolled persons by arm, in the order of the plan."""
        counts = dict.fromkeys(self.plan.arms.all, 0)
        for line in self.assignment:
            counts[line.arm] = counts.get(line.arm, 0) + line.persons
        return counts

    @property
    def book(self) -> Book:
        """The results by what they are about."""
        return Book(self.plan, self.effects, self.descriptives, self.coefficients)
