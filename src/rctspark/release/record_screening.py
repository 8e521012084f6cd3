"""Keep of a record what may leave: one screening of all that stands in one report.

Effects first, by the data owner's rules; then what a reader could set against them:
arms beside the funnel, tables beside effects, tests of effects that stay inside.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from rctspark.config import ADJUSTED_EFFECTS, OUTCOME_SHARES
from rctspark.config.plan import FitTable, WeightsTable
from rctspark.errors import ContractError, listed
from rctspark.release.category_screening import hold_categories_together, screen_tests
from rctspark.release.coarsening import coarsen_parts, is_of_everyone
from rctspark.release.design import screen_design
from rctspark.release.durations import screen_durations
from rctspark.release.effect_screening import (
    EffectRules,
    ScreenedEffects,
    adjusted_models,
    yes_no_outcomes,
)
from rctspark.release.instruments import screen_instruments
from rctspark.release.joint import joint_families, screen_joint
from rctspark.release.labels import Labels
from rctspark.release.not_estimated import name_not_estimated
from rctspark.release.publication.amounts import find_dominated, find_uniform
from rctspark.release.publication.checks_screening import screen_fit
from rctspark.release.publication.findings import (
    Results,
    ShownFindings,
    shown_findings,
)
from rctspark.release.publication.layout import (
    LaidTable,
    as_printed,
    lay_out,
    with_small_p,
)
from rctspark.release.publication.printed_sizes import with_printed_sizes
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import is_of_counts, screen_table
from rctspark.release.publication.weights import screen_weights
from rctspark.release.released import Release, ShownUnobserved
from rctspark.release.weighted_screening import screen_all_effects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config import Plan
    from rctspark.contracts import Effect
    from rctspark.release.category_screening import ShownTest
    from rctspark.release.design import DesignCounts
    from rctspark.release.joint import ShownJoint
    from rctspark.release.record import ReportRecord


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
    screened = hold_categories_together(
        screen_all_effects(
            record.effects,
            _effect_rules(record),
            weighted={one.population: one.of for one in record.plan.reweighted},
        )
    )
    kept = with_printed_sizes(
        coarsen_parts(screened.kept, record.plan, record.thresholds),
        screened.kept,
        record.book,
    )
    kept = screen_instruments(kept, record.plan, record.thresholds)
    durations = screen_durations(
        record.durations,
        record.thresholds,
        are_shares_exempt=bool(
            {OUTCOME_SHARES, ADJUSTED_EFFECTS} & {e.table for e in record.exemptions}
        ),
    )
    design = _screen_design(record, screened)
    return Release(
        plan=record.plan,
        plan_hash=record.plan_hash,
        effects=kept,
        n_withheld=len(screened.withheld),
        design=design,
        unobserved=_screen_unobserved(record, screened, kept),
        sample_ratio_p=_screen_ratio(record.sample_ratio_p, design),
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
        tests=_screen_single_tests(record, kept),
        findings=_findings_beside(record, Results(kept, durations)),
        standing=record.standing,
        not_estimated=name_not_estimated(
            record.plan,
            record.tests,
            record.durations,
            record.coefficients,
            populations={e.population for e in record.effects},
            descriptives=record.descriptives,
        ),
        joint=_screen_joint_tests(record, kept),
        power=record.power,
        outcomes_withheld=_outcomes_withheld(record.plan, screened),
    )


def _outcomes_withheld(plan: Plan, screened: ScreenedEffects) -> tuple[str, ...]:
    withheld = {w.outcome for w in screened.withheld}
    kept = {e.outcome for e in screened.kept}
    return tuple(o.name for o in plan.outcomes if o.name in withheld - kept)


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


def _effect_rules(record: ReportRecord) -> EffectRules:
    exempt = {e.table for e in record.exemptions}
    return EffectRules(
        record.thresholds,
        yes_no=yes_no_outcomes(record.plan),
        adjusted=adjusted_models(record.plan),
        enrolled=record.n_per_arm,
        dominated=find_dominated(record.descriptives, record.thresholds),
        uniform=find_uniform(record.descriptives),
        are_shares_exempt=OUTCOME_SHARES in exempt,
        are_adjusted_exempt=ADJUSTED_EFFECTS in exempt,
    )


def _screen_design(record: ReportRecord, screened: ScreenedEffects) -> DesignCounts:
    return screen_design(
        record.funnel,
        record.assignment,
        record.thresholds,
        known_arms=_arms_in_full(record, screened),
        exemptions=record.exemptions,
    )


def _screen_ratio(p: float | None, design: DesignCounts) -> float | None:
    """Keep the test of the arms' sizes inside where one of them is: an equation."""
    is_open = all(arm.persons.isdigit() for arm in design.arms)
    return p if p is None or is_open else math.nan


def _arms_in_full(record: ReportRecord, screened: ScreenedEffects) -> frozenset[str]:
    """Name the arms whose size stands beside an effect anyway."""
    enrolled = record.n_per_arm
    sides = [
        side
        for e in screened.kept
        for side in ((e.arm, e.n_arm), (e.against, e.n_against))
    ]
    return frozenset(arm for arm, n in sides if enrolled.get(arm) == n)


def _screened_tables(
    record: ReportRecord, design: DesignCounts, shown: Book
) -> tuple[LaidTable, ...]:
    if not record.descriptives:
        return ()
    book, exempt = record.book, {e.table for e in record.exemptions}

    def screen(laid: LaidTable) -> LaidTable:
        is_exempt = laid.name in exempt
        if is_exempt and is_of_counts(laid.plan, record.plan):
            return laid
        return screen_table(
            laid,
            book,
            record.thresholds,
            design=design,
            shown=shown,
            is_exempt=is_exempt,
        )

    screened = {t.name: screen(lay_out(t, book)) for t in record.plan.tables}
    # A test against the target rests on the shares that other tables show.
    screened |= {
        name: screen_fit(table, table.plan, screened)
        for name, table in screened.items()
        if isinstance(table.plan, FitTable)
    }
    screened |= {
        name: screen_weights(table, table.plan, screened, book, record.thresholds)
        for name, table in screened.items()
        if isinstance(table.plan, WeightsTable)
    }
    return tuple(with_small_p(as_printed(table)) for table in screened.values())


def _screen_unobserved(
    record: ReportRecord, screened: ScreenedEffects, kept: Sequence[Effect]
) -> tuple[ShownUnobserved, ...]:
    # Where an effect is withheld, those observed in its arm must not follow from
    # the persons observed in the other arms. Where every arm's n stands beside an
    # effect that leaves, the number follows from these already.
    withheld = {(w.outcome, w.horizon) for w in screened.withheld}
    fewest = record.thresholds.minimum_persons
    every = {o.name for o in record.plan.outcomes}
    analysed = {n for a in record.plan.analyses for n in a.outcomes or every}
    told = _observed_as_shown(record, kept)
    enrolled = sum(count.persons for count in record.assignment)
    shown = []
    for line in record.unobserved:
        if line.outcome not in analysed:
            continue
        observed = enrolled - line.persons
        follows = (line.outcome, line.horizon, observed) in told
        if (line.outcome, line.horizon) in withheld and not follows:
            persons = "x"
        elif 0 < line.persons < fewest:
            persons = f"<{fewest}"
        else:
            persons = str(line.persons)
        shown.append(ShownUnobserved(line.outcome, line.horizon, persons))
    return tuple(shown)


def _observed_as_shown(
    record: ReportRecord, kept: Sequence[Effect]
) -> set[tuple[str, int, int]]:
    """Outcome, horizon and persons observed, where effects show every arm's n."""
    observed: dict[tuple[str, int, str, str], dict[str, int]] = defaultdict(dict)
    for e in kept:
        if is_of_everyone(e, record.plan):
            arms = observed[e.outcome, e.horizon, e.population, e.model]
            arms |= {e.arm: e.n_arm, e.against: e.n_against}
    return {
        (outcome, horizon, sum(arms.values()))
        for (outcome, horizon, _, _), arms in observed.items()
        if {*arms} == {*record.plan.arms.all}
    }


def _screen_single_tests(
    record: ReportRecord, kept: Sequence[Effect]
) -> tuple[ShownTest, ...]:
    joint = joint_families(record.plan)
    tests = [t for t in record.tests if t.family not in joint]
    return screen_tests(tests, kept, effects=record.effects)


def _screen_joint_tests(
    record: ReportRecord, kept: Sequence[Effect]
) -> tuple[ShownJoint, ...]:
    return screen_joint(
        record.tests,
        record.plan,
        record.thresholds,
        effects=record.effects,
        kept=kept,
    )


def _findings_beside(record: ReportRecord, shown: Results) -> ShownFindings | None:
    """Put published findings beside ours; of real data there is nothing to compare."""
    if record.findings is None or not record.is_synthetic:
        return None
    found = Results(record.effects, record.durations)
    return shown_findings(record.findings, found, shown, Labels(record.plan))
