"""Everything that a report is made from, and how it becomes what may leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rctspark.config import ADJUSTED_EFFECTS, OUTCOME_SHARES
from rctspark.config.plan import FitTable
from rctspark.contracts import Coefficient, Descriptive, Effect, JudgedTest
from rctspark.contracts.registration import UNREGISTERED, Standing
from rctspark.errors import ContractError, listed
from rctspark.release.coarsening import coarsen_parts, whole_populations
from rctspark.release.design import (
    ArmCount,
    DesignCounts,
    FunnelStep,
    screen_design,
)
from rctspark.release.durations import (
    read_durations,
    require_same_analysis,
    screen_durations,
)
from rctspark.release.effect_screening import (
    EffectRules,
    ScreenedEffects,
    adjusted_models,
    screen_effects,
    yes_no_outcomes,
)
from rctspark.release.joint import joint_families, screen_joint
from rctspark.release.labels import Labels
from rctspark.release.not_estimated import name_not_estimated
from rctspark.release.publication.amounts import find_dominated
from rctspark.release.publication.checks_screening import screen_fit
from rctspark.release.publication.findings import (
    Results,
    ShownFindings,
    shown_findings,
)
from rctspark.release.publication.layout import LaidTable, as_printed, lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import is_of_counts, screen_table
from rctspark.release.subgroups import (
    ShownTest,
    hold_categories_together,
    screen_tests,
)

if TYPE_CHECKING:
    import datetime as dt

    from rctspark.config import Exemption, Plan, Settings, Thresholds
    from rctspark.contracts.power import DetectableEffect
    from rctspark.release.durations import DurationResults
    from rctspark.release.joint import ShownJoint
    from rctspark.release.publication.finding_documents import PublishedFindings

Rows = Sequence[Mapping[str, Any]]


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
        sample_ratio_p: As in the record.
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
    def stamp(self) -> dict[str, str]:
        """What every released table carries about where it comes from."""
        return {
            "data_version": self.data_version,
            "plan_hash": self.plan_hash,
            "registration": self.standing.mark,
            "is_synthetic": "yes" if self.is_synthetic else "no",
        }


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
            for row in found.deliveries
        ),
        code_version=code_version,
        run_id=run_id,
        is_synthetic=any(row["is_synthetic"] for row in found.deliveries),
        is_all_synthetic=bool(found.deliveries)
        and all(row["is_synthetic"] for row in found.deliveries),
        unobserved=tuple(Unobserved(**row) for row in found.unobserved),
        links={"Quality of the data": "../../quality/index.html"},
        descriptives=tuple(Descriptive(**row) for row in found.descriptives),
        durations=read_durations(found.duration_curves, found.duration_estimates),
        tests=tuple(JudgedTest(**row) for row in found.tests),
        standing=standing,
        coefficients=tuple(Coefficient(**row) for row in found.coefficients),
        power=tuple(power),
    )


def screen_record(record: ReportRecord) -> Release:
    """Keep of a record what may leave.

    Args:
        record: What a run found.

    Returns:
        The release.

    Raises:
        ContractError: There is no effect, or effects are of another plan, another
            data version, or name what the plan does not have.
        DisclosureError: A table of counts can't be made safe.
    """
    _require_one_analysis(record)
    enrolled: dict[str, int] = {}
    for line in record.assignment:
        enrolled[line.arm] = enrolled.get(line.arm, 0) + line.persons
    screened = hold_categories_together(
        screen_effects(record.effects, _rules(record, enrolled))
    )
    kept = coarsen_parts(screened.kept, record.plan, record.thresholds)
    durations = screen_durations(record.durations, record.thresholds)
    design = screen_design(
        record.funnel,
        record.assignment,
        record.thresholds,
        known_arms=_arms_in_full(screened, enrolled),
        exemptions=record.exemptions,
    )
    return Release(
        plan=record.plan,
        plan_hash=record.plan_hash,
        effects=kept,
        n_withheld=len(screened.withheld),
        design=design,
        unobserved=_screen_unobserved(record, screened),
        sample_ratio_p=record.sample_ratio_p,
        thresholds=record.thresholds,
        exemptions=record.exemptions,
        data_version=record.data_version,
        deliveries=record.deliveries,
        code_version=record.code_version,
        run_id=record.run_id,
        is_synthetic=record.is_synthetic,
        links=record.links,
        has_stars=record.has_stars,
        tables=_screened_tables(record, design, Book(record.plan, kept, ())),
        comparison=record.comparison,
        durations=durations,
        tests=screen_tests(
            [t for t in record.tests if t.family not in joint_families(record.plan)],
            kept,
        ),
        findings=_findings_beside(record, Results(kept, durations)),
        standing=record.standing,
        not_estimated=name_not_estimated(
            record.plan, record.tests, record.durations, record.coefficients
        ),
        joint=screen_joint(
            record.tests,
            record.plan,
            record.thresholds,
            effects=record.effects,
            kept=kept,
        ),
        power=record.power,
    )


def _findings_beside(record: ReportRecord, shown: Results) -> ShownFindings | None:
    """Put published findings beside ours; of real data there is nothing to compare."""
    if record.findings is None or not record.is_synthetic:
        return None
    found = Results(record.effects, record.durations)
    return shown_findings(record.findings, found, shown, Labels(record.plan))


def _rules(record: ReportRecord, enrolled: Mapping[str, int]) -> EffectRules:
    exempt = {e.table for e in record.exemptions}
    return EffectRules(
        record.thresholds,
        yes_no=yes_no_outcomes(record.plan),
        adjusted=adjusted_models(record.plan),
        enrolled=enrolled,
        dominated=find_dominated(record.descriptives, record.thresholds),
        are_shares_exempt=OUTCOME_SHARES in exempt,
        are_adjusted_exempt=ADJUSTED_EFFECTS in exempt,
    )


def _screened_tables(
    record: ReportRecord, design: DesignCounts, shown: Book
) -> tuple[LaidTable, ...]:
    if not record.descriptives:
        return ()
    book, exempt = record.book, {e.table for e in record.exemptions}

    def screen(laid: LaidTable) -> LaidTable:
        if laid.name in exempt and is_of_counts(laid.plan, record.plan):
            return laid
        return screen_table(laid, book, record.thresholds, design=design, shown=shown)

    screened = {t.name: screen(lay_out(t, book)) for t in record.plan.tables}
    # A test against the target rests on the shares that other tables show.
    screened |= {
        name: screen_fit(table, table.plan, screened)
        for name, table in screened.items()
        if isinstance(table.plan, FitTable)
    }
    return tuple(as_printed(table) for table in screened.values())


def _require_one_analysis(record: ReportRecord) -> None:
    if not record.effects:
        raise ContractError(
            f"There is no effect of {record.plan.name} to report. Run the analysis "
            "first, and see in its log whether it refused every outcome."
        )
    outcomes = {o.name for o in record.plan.outcomes}
    arms = {*record.plan.arms.all}
    followed = arms | {*record.plan.population.groups}
    strangers = {
        "another experiment": {e.experiment for e in record.effects}
        - {record.plan.name},
        "another plan": {e.plan_hash for e in record.effects} - {record.plan_hash},
        "another data version": {e.data_version for e in record.effects}
        - {record.data_version},
        "outcomes that the plan lacks": {e.outcome for e in record.effects} - outcomes,
        "arms that the plan lacks": {
            arm for e in record.effects for arm in (e.arm, e.against)
        }
        - followed,
        "persons in arms that the plan lacks": {a.arm for a in record.assignment}
        - arms,
    }
    faults = [f"{what}: {', '.join(sorted(s))}" for what, s in strangers.items() if s]
    if faults:
        raise ContractError(
            f"A report of {record.plan.name} would mix analyses:\n{listed(faults)}"
        )


def _arms_in_full(
    screened: ScreenedEffects, enrolled: Mapping[str, int]
) -> frozenset[str]:
    """Name the arms whose size stands beside an effect anyway."""
    sides = [
        side
        for e in screened.kept
        for side in ((e.arm, e.n_arm), (e.against, e.n_against))
    ]
    return frozenset(arm for arm, n in sides if enrolled.get(arm) == n)


def _screen_unobserved(
    record: ReportRecord, screened: ScreenedEffects
) -> tuple[ShownUnobserved, ...]:
    # Where an effect is withheld, those observed in its arm must not follow from
    # the persons observed in the other arms.
    withheld = {(w.outcome, w.horizon) for w in screened.withheld}
    fewest = record.thresholds.minimum_persons
    every = {o.name for o in record.plan.outcomes}
    analysed = {n for a in record.plan.analyses for n in a.outcomes or every}
    shown = []
    for line in record.unobserved:
        if line.outcome not in analysed:
            continue
        if (line.outcome, line.horizon) in withheld:
            persons = "x"
        elif 0 < line.persons < fewest:
            persons = f"<{fewest}"
        else:
            persons = str(line.persons)
        shown.append(ShownUnobserved(line.outcome, line.horizon, persons))
    return tuple(shown)
