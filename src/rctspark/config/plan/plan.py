"""The analysis plan of an experiment: who, which arms, what is measured, how."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rctspark.config.documents import Document
from rctspark.config.plan.arms import Arms, AssignmentPlan
from rctspark.config.plan.check_tables import ModelsTable
from rctspark.config.plan.draw import DrawPlan
from rctspark.config.plan.durations import DurationPlan
from rctspark.config.plan.families import Family
from rctspark.config.plan.models import (
    Analysis,
    Covariate,
    Headline,
    Inference,
    Model,
)
from rctspark.config.plan.monitoring import Monitoring
from rctspark.config.plan.name import Name
from rctspark.config.plan.outcomes import Outcome, PanelOutcome
from rctspark.config.plan.population import (
    PopulationPlan,
    RegistersPlan,
    WindowPlan,
)
from rctspark.config.plan.power import PowerPlan
from rctspark.config.plan.reweighting import Reweighting
from rctspark.config.plan.rounds import Round
from rctspark.config.plan.sensitivity import Sensitivity
from rctspark.config.plan.tables import BalanceTable, ReleasedTable
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    from collections.abc import Sequence

LABELS = frozenset({"title", "description", "source", "labels"})


class Plan(Document):
    """The analysis plan of one experiment.

    Attributes:
        name: Name of the experiment; its file is `<name>.yaml`.
        title: For people.
        description: For people.
        source: Where the design is described.
        labels: Name in the plan to words in tables, by language.
        registers: What it reads.
        earnings_sources: Sources of earnings that count.
        reference: Names of reference amounts (`conf/reference/<name>.yaml`); SQL over
            the panel may speak of `<name>_eur`, the amount of the period.
        contact_starters: Who must have started a contact for it to count. Empty:
            anyone.
        period: Unit of the panel's time.
        window: Horizons of the panel.
        follow_up_until: Last day that outcomes may look at.
        population: Who is followed.
        arms: The arms.
        assignment: How they were assigned.
        draw: How persons are drawn into arms, where a job of this house draws them.
        rounds: Rounds of interviews, for the outcomes that are measured per round.
        outcomes: What is measured.
        covariates: What models may adjust for.
        models: The regressions.
        analyses: Which of them are run, on whom.
        reweighted: Analyses run again on persons weighted to the target population.
        families: Tests whose p-values are adjusted together.
        inference: How uncertainty is stated.
        power: What effects the design can show, by what is assumed before outcomes.
        durations: How long something lasts, and what changes it.
        headlines: The figures that a reader sees first. Empty: each outcome at its
            last horizon that may be shown.
        sensitivity: Main effects, each beside what else could have been chosen.
        tables: Tables that are released in a layout of their own.
        monitoring: What is watched while the trial runs.
    """

    name: Name
    title: str
    description: str = ""
    source: str = ""
    labels: dict[str, dict[str, str]] = Field(default_factory=dict)
    registers: RegistersPlan
    earnings_sources: tuple[str, ...] = Field(("payroll",), min_length=1)
    reference: tuple[Name, ...] = ()
    contact_starters: tuple[Literal["authority", "person", "other"], ...] = ()
    period: PeriodKind = PeriodKind.MONTH
    window: WindowPlan
    follow_up_until: date
    population: PopulationPlan
    arms: Arms
    assignment: AssignmentPlan
    draw: DrawPlan | None = None
    rounds: tuple[Round, ...] = ()
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    covariates: tuple[Covariate, ...] = ()
    models: tuple[Model, ...] = Field(min_length=1)
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    reweighted: tuple[Reweighting, ...] = ()
    families: tuple[Family, ...] = ()
    inference: Inference = Inference()
    power: PowerPlan | None = None
    durations: tuple[DurationPlan, ...] = ()
    headlines: tuple[Headline, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    tables: tuple[ReleasedTable, ...] = ()
    monitoring: Monitoring = Monitoring()

    @property
    def hash(self) -> str:
        """Digest of what the plan says, without labels and comments."""
        return self.digest(without=LABELS)

    @property
    def text(self) -> str:
        """What is registered: the form that the hash is the digest of."""
        return self.canonical(without=LABELS)

    @property
    def panel_outcomes(self) -> tuple[PanelOutcome, ...]:
        """Outcomes per period."""
        return tuple(o for o in self.outcomes if isinstance(o, PanelOutcome))

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """Categorical covariate to its categories."""
        return {c.name: c.categories for c in self.covariates if c.categories}

    @property
    def missing_categories(self) -> dict[str, str]:
        """Covariate to the category that tables of balance leave out of its test."""
        return {
            line.covariate: line.missing
            for table in self.tables
            if isinstance(table, BalanceTable)
            for line in table.lines.values()
            if line.missing
        }

    @property
    def has_tests(self) -> bool:
        """Whether it has effects by category to compare, or families of tests."""
        return bool(self.families) or any(m.by for m in self.models)

    @property
    def has_coefficients(self) -> bool:
        """Whether it shows regressions with all their coefficients."""
        return any(isinstance(table, ModelsTable) for table in self.tables)

    @property
    def has_joint_tests(self) -> bool:
        """Whether families test several effects together."""
        return any(family.tests == "joint" for family in self.families)

    def horizons(self, outcome: PanelOutcome) -> Sequence[int]:
        """Return the horizons of a panel outcome, in order."""
        if outcome.at:
            return tuple(sorted(outcome.at))
        first, last = outcome.horizons or (0, self.window.last)
        return range(first, last + 1)

    def until(self, day: date) -> Plan:
        """Return the plan as it stands on a day while the trial runs.

        Args:
            day: Last day that the registers speak for.

        Returns:
            The plan with nobody enrolled after the day, and nothing observed.
        """
        clock = self.population.clock
        if clock is not None:
            # A trial that has not begun has nobody; its clock can't end before it.
            last = max(min(clock.last, day), clock.first)
            clock = clock.model_copy(update={"last": last})
        population = self.population.model_copy(update={"clock": clock})
        seen = min(self.follow_up_until, day)
        return self.model_copy(
            update={"population": population, "follow_up_until": seen}
        )
