"""What may leave of a record: tables, figures and page are made from it alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from rctspark.config import ADJUSTED_EFFECTS, OUTCOME_SHARES
from rctspark.contracts.registration import UNREGISTERED, Standing
from rctspark.release.coarsening import whole_populations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config import Exemption, Plan, Thresholds
    from rctspark.contracts import Effect
    from rctspark.contracts.power import DetectableEffect
    from rctspark.release.category_screening import ShownTest
    from rctspark.release.design import DesignCounts
    from rctspark.release.durations import DurationResults
    from rctspark.release.joint import ShownJoint
    from rctspark.release.publication.findings import ShownFindings
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.record import DeliveryLine


@dataclass(frozen=True, slots=True)
class ShownUnobserved:
    """Persons without an outcome, as it may be read: `1234`, `<10` or `x`."""

    outcome: str
    horizon: int
    persons: str


@dataclass(frozen=True, slots=True)
class Release:
    """What may leave of a record. Tables, figures and page are made from this alone.

    Attributes:
        plan: The analysis plan.
        plan_hash: Its digest.
        effects: Effects that may leave.
        n_withheld: How many effects stay inside. Why, stays inside too: that nearly all
            of a group have an outcome is what group disclosure is about.
        design: Funnel and arms, screened.
        unobserved: Outcomes not known for everyone, screened.
        sample_ratio_p: As in the record; not a number: it stays inside.
        thresholds: The thresholds that were applied.
        exemptions: The exemptions that were used.
        data_version: Named set of deliveries.
        deliveries: What it holds.
        code_version: Version and digest of the package.
        run_id: Run that made it.
        is_synthetic: Whether the data are made up.
        links: Words to a path.
        has_stars: Whether tables carry stars.
        tables: The plan's tables in their own layout, screened.
        comparison: As in the record.
        durations: The durations, screened.
        tests: Tests whose effects may leave.
        findings: What is published in words beside ours. None: not compared.
        standing: As in the record.
        not_estimated: What the plan asks for and was not estimated, and why.
        joint: Tests of several effects together that may leave.
        power: As in the record: it rests on nobody's outcome.
        outcomes_withheld: Outcomes of which no effect may leave.
    """

    plan: Plan
    plan_hash: str
    effects: tuple[Effect, ...]
    n_withheld: int
    design: DesignCounts
    unobserved: tuple[ShownUnobserved, ...]
    sample_ratio_p: float | None
    thresholds: Thresholds
    exemptions: tuple[Exemption, ...]
    data_version: str
    deliveries: tuple[DeliveryLine, ...]
    code_version: str
    run_id: str
    is_synthetic: bool
    links: Mapping[str, str]
    has_stars: bool
    tables: tuple[LaidTable, ...]
    comparison: tuple[int, int] | None
    durations: tuple[DurationResults, ...] = ()
    tests: tuple[ShownTest, ...] = ()
    findings: ShownFindings | None = None
    standing: Standing = UNREGISTERED
    not_estimated: tuple[str, ...] = ()
    joint: tuple[ShownJoint, ...] = ()
    power: tuple[DetectableEffect, ...] = ()
    outcomes_withheld: tuple[str, ...] = ()

    @property
    def n_per_arm(self) -> dict[str, int]:
        """Persons enrolled, of the arms whose size may leave."""
        shown = {a.arm: a.persons for a in self.design.arms}
        every = ((arm, shown.get(arm, "")) for arm in self.plan.arms.all)
        return {arm: int(persons) for arm, persons in every if persons.isdigit()}

    @property
    def n_without_mean(self) -> int:
        """Effects that leave without the mean that they are added to."""
        return sum(isnan(e.mean_against) for e in self.effects)

    @property
    def has_rounded_persons(self) -> bool:
        """Whether effects on a part of those enrolled leave, whose n is rounded."""
        whole = whole_populations(self.plan)
        return any(e.population not in whole or e.site != "all" for e in self.effects)

    @property
    def has_exempt_shares(self) -> bool:
        """Whether shares leave that rule 3 would keep."""
        return OUTCOME_SHARES in {e.table for e in self.exemptions}

    @property
    def has_exempt_effects(self) -> bool:
        """Whether effects with covariates leave from which such shares follow."""
        return ADJUSTED_EFFECTS in {e.table for e in self.exemptions}

    @property
    def stamp(self) -> dict[str, str]:
        """What every released table carries about where it comes from."""
        return {
            "data_version": self.data_version,
            "plan_hash": self.plan_hash,
            "registration": self.standing.mark,
            "is_synthetic": "yes" if self.is_synthetic else "no",
        }
