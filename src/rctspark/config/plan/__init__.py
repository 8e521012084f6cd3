"""The analysis plan of an experiment: who, which arms, what is measured, how.

One file under `conf/experiments/` per experiment, parsed once into frozen objects. Its
digest, without labels and comments, goes with every result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.documents import read_document
from rctspark.config.plan.arms import Arms, AssignmentPlan
from rctspark.config.plan.check_tables import (
    BoundsLine,
    BoundsTable,
    FitTable,
    ModelsTable,
    WeightedEffectsTable,
    WeightsTable,
    has_coefficients,
)
from rctspark.config.plan.draw import DrawPlan, SiteDraw
from rctspark.config.plan.durations import (
    CoxModel,
    Departure,
    DiscreteModel,
    DurationPlan,
    TimingModel,
    Varying,
)
from rctspark.config.plan.families import Family
from rctspark.config.plan.faults import plan_faults
from rctspark.config.plan.models import (
    BEFORE_ASSIGNMENT,
    Among,
    Analysis,
    Covariate,
    Headline,
    Inference,
    Model,
)
from rctspark.config.plan.monitoring import Monitoring
from rctspark.config.plan.outcomes import (
    BenefitDurationOutcome,
    ContactCountOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    FollowUpOutcome,
    JobQualityOutcome,
    OfPanel,
    Outcome,
    PanelOutcome,
    PanelTotalOutcome,
    PerRoundOutcome,
    ReentryOutcome,
    RoundBenefitOutcome,
    RoundContactOutcome,
    TimeShareOutcome,
)
from rctspark.config.plan.plan import LABELS, Plan
from rctspark.config.plan.population import (
    Clock,
    Exclusion,
    PopulationPlan,
    RegistersPlan,
    WindowPlan,
)
from rctspark.config.plan.power import Assumption, PowerPlan
from rctspark.config.plan.reweighting import Reweighting
from rctspark.config.plan.rounds import Round
from rctspark.config.plan.sensitivity import Sensitivity, Variant
from rctspark.config.plan.study_tables import (
    Finding,
    FindingsTable,
    FunnelLine,
    FunnelTable,
    GroupLine,
    GroupsTable,
    Question,
    ReliabilityLine,
    ReliabilityTable,
    StarLevel,
)
from rctspark.config.plan.tables import (
    HEADINGS,
    UNIT,
    ArmSizesTable,
    BalanceLine,
    BalanceTable,
    ContactsTable,
    CourseTable,
    EffectLine,
    EffectsTable,
    ReleasedTable,
    RoundsTable,
    offers,
    outcomes_shown,
)
from rctspark.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "BEFORE_ASSIGNMENT",
    "HEADINGS",
    "LABELS",
    "UNIT",
    "Among",
    "Analysis",
    "ArmSizesTable",
    "Arms",
    "AssignmentPlan",
    "Assumption",
    "BalanceLine",
    "BalanceTable",
    "BenefitDurationOutcome",
    "BoundsLine",
    "BoundsTable",
    "Clock",
    "ContactCountOutcome",
    "ContactsTable",
    "CourseTable",
    "Covariate",
    "CoxModel",
    "Departure",
    "DiscreteModel",
    "DrawPlan",
    "DurationPlan",
    "EffectLine",
    "EffectsTable",
    "Exclusion",
    "ExitOutcome",
    "ExitToJobOutcome",
    "Family",
    "Finding",
    "FindingsTable",
    "FirstJobOutcome",
    "FitTable",
    "FollowUpOutcome",
    "FunnelLine",
    "FunnelTable",
    "GroupLine",
    "GroupsTable",
    "Headline",
    "Inference",
    "JobQualityOutcome",
    "Model",
    "ModelsTable",
    "Monitoring",
    "OfPanel",
    "Outcome",
    "PanelOutcome",
    "PanelTotalOutcome",
    "PerRoundOutcome",
    "Plan",
    "PopulationPlan",
    "PowerPlan",
    "Question",
    "ReentryOutcome",
    "RegistersPlan",
    "ReleasedTable",
    "ReliabilityLine",
    "ReliabilityTable",
    "Reweighting",
    "Round",
    "RoundBenefitOutcome",
    "RoundContactOutcome",
    "RoundsTable",
    "Sensitivity",
    "SiteDraw",
    "StarLevel",
    "TimeShareOutcome",
    "TimingModel",
    "Variant",
    "Varying",
    "WeightedEffectsTable",
    "WeightsTable",
    "WindowPlan",
    "has_coefficients",
    "offers",
    "outcomes_shown",
    "plan_faults",
    "read_plan",
]


def read_plan(path: Path) -> Plan:
    """Read one analysis plan.

    Args:
        path: The YAML file.

    Returns:
        The plan.

    Raises:
        PlanError: It has faults; all of them are listed with line and key.
    """
    return read_document(path, Plan, error=PlanError, crosscheck=plan_faults)
