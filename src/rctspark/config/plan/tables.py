"""The tables that a plan releases: which numbers, in which rows and columns.

Every table names its columns, in order, and what stands in each: a heading of the row,
or a number. What a kind of table offers is said by `offers`; an arm of the plan
stands for the number of that arm.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rctspark.config.documents import Document
from rctspark.config.plan.check_tables import (
    BOUNDS_NUMBERS,
    MODELS_NUMBERS,
    WEIGHTED_NUMBERS,
    BoundsTable,
    FitTable,
    ModelsTable,
    WeightedEffectsTable,
    WeightsTable,
)
from rctspark.config.plan.name import Name
from rctspark.config.plan.study_tables import (
    FindingsTable,
    FunnelTable,
    GroupsTable,
    ReliabilityTable,
    StarLevel,
    TableLayout,
)


class ArmSizesTable(TableLayout):
    """Persons enrolled, one row per arm: `arm`, `persons`."""

    kind: Literal["arm_sizes"]


class ContactsTable(TableLayout):
    """Contacts by kind: `label`, each arm, `total`.

    Attributes:
        lines: Heading of a row to an outcome that counts contacts per person.
        total: Heading of the last row, the sum of the others.
    """

    kind: Literal["contacts"]
    lines: dict[str, Name] = Field(min_length=1)
    total: str = "total"


class CourseTable(TableLayout):
    """Contacts, or persons, by period, kind and arm; also drawn as a figure.

    Columns: `horizon`, `label`, each arm (contacts, or persons whose outcome is yes),
    `n <arm>` (persons observed).

    Attributes:
        lines: Heading of a row to an outcome of the panel that counts contacts, or is
            yes or no.
        among: Outcome that is 1 for those counted. None: everyone enrolled.
        among_horizon: Its horizon.
    """

    kind: Literal["course"]
    lines: dict[str, Name] = Field(min_length=1)
    among: Name | None = None
    among_horizon: int = 0

    @property
    def base(self) -> str:
        """Category under which the counts are filed."""
        return "all" if self.among is None else f"among {self.among}"


class RoundsTable(TableLayout):
    """Who had an interview in a round, of those still in benefit: `round`, `label`.

    Attributes:
        among: Outcome per round that says who is due.
        none: Heading of those who had none.
        lines: Number of the round to heading of a row to an outcome per round; who
            had several stands in the first of them.
    """

    kind: Literal["rounds"]
    among: Name
    none: str = "none"
    lines: dict[int, dict[str, Name]] = Field(min_length=1)


class BalanceLine(Document):
    """One characteristic of a balance table.

    Attributes:
        covariate: Categorical covariate of the plan.
        categories: Heading of a row to a category.
        missing: Category that means unknown: counted, left out of the test, and
            shown only where it is among `categories`.
    """

    covariate: Name
    categories: dict[str, str] = Field(min_length=1)
    missing: str | None = None


class BalanceTable(TableLayout):
    """Persons by characteristic and arm: `characteristic`, `category`, each arm.

    Tested by Pearson's chi-square over all categories shown, without continuity
    correction.

    Attributes:
        lines: Heading of a characteristic to what it shows.
    """

    kind: Literal["balance"]
    lines: dict[str, BalanceLine] = Field(min_length=1)


class EffectLine(Document):
    """One outcome of a table of effects.

    Attributes:
        outcome: Outcome of the plan.
        horizons: Its horizons, a row each. Empty: it has none.
        decimals: Digits after the point, as printed.
        rounded_to: Digits after the point that are told apart. None: `decimals`.
        unit: Word for the unit, as printed.
        factor: What the outcome's unit is multiplied by: 100 for per cent.
    """

    outcome: Name
    horizons: tuple[int, ...] = ()
    decimals: int = Field(1, ge=0, le=6)
    rounded_to: int | None = Field(None, ge=0, le=6)
    unit: str = ""
    factor: float = 1.0


class EffectBlock(Document):
    """Rows that follow one another: each population's lines, one after the other.

    Attributes:
        populations: Populations, in order; each is an analysis of the plan.
        lines: Headings of the lines, in order. Empty: all of the table's.
    """

    populations: tuple[str, ...] = Field(("all",), min_length=1)
    lines: tuple[str, ...] = ()


class EffectsTable(TableLayout):
    """Means and effects, one row per population, outcome and horizon.

    Columns: `population`, `label`, `horizon`, `unit`, and `mean <arm>`,
    `effect <arm>`, `stars <arm>`; besides, of one arm against another group, `mean
    <group>`, `sd <arm or group>` (of shares), `se <arm>`, `p <arm>` and `n <arm>`
    (persons in the regression).

    Attributes:
        model: Model that gives effect and test.
        lines: Heading of a row to what it shows.
        blocks: Which of them stand for which populations, in the order of the rows.
        against: Group that effects are against, first of its analysis. None: control.
        mean_model: Model without covariates that gives the arms' means; None: they
            are the means of `against` plus the effects of `model`.
        stars: Signs; the first level that holds gives the sign.
    """

    kind: Literal["effects"]
    model: Name
    against: Name | None = None
    mean_model: Name | None = None
    lines: dict[str, EffectLine] = Field(min_length=1)
    blocks: tuple[EffectBlock, ...] = Field((EffectBlock(),), min_length=1)
    stars: tuple[StarLevel, ...] = ()

    @property
    def populations(self) -> tuple[str, ...]:
        """Every population of the table, in order."""
        return tuple(dict.fromkeys(p for b in self.blocks for p in b.populations))

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Population and heading of each row, horizons not told apart."""
        return tuple(
            (population, label)
            for block in self.blocks
            for population in block.populations
            for label in block.lines or self.lines
        )

    def sign(self, p_value: float, population: str) -> str:
        """Return the sign of a p-value; empty: none."""
        levels = sorted(self.stars, key=lambda level: level.below)
        return next(
            (
                level.sign
                for level in levels
                if p_value < level.below
                and (not level.populations or population in level.populations)
            ),
            "",
        )


ReleasedTable = Annotated[
    ArmSizesTable
    | ContactsTable
    | CourseTable
    | RoundsTable
    | BalanceTable
    | EffectsTable
    | FunnelTable
    | GroupsTable
    | FindingsTable
    | ReliabilityTable
    | FitTable
    | BoundsTable
    | ModelsTable
    | WeightsTable
    | WeightedEffectsTable,
    Field(discriminator="kind"),
]

HEADINGS: dict[str, tuple[str, ...]] = {
    "arm_sizes": ("arm",),
    "contacts": ("label",),
    "course": ("horizon", "label"),
    "rounds": ("round", "label"),
    "balance": ("characteristic", "category"),
    "effects": ("population", "label", "horizon", "unit"),
    "funnel": ("label",),
    "groups": ("characteristic", "category"),
    "findings": ("population", "arm", "label"),
    "reliability": ("label", "horizon"),
    "fit": ("characteristic", "group", "method"),
    "bounds": ("label", "horizon", "arm", "method"),
    "models": ("label", "horizon", "model", "term"),
    "weights": ("characteristic", "category"),
    "weighted_effects": ("label", "horizon", "arm"),
}
"""Kind of table to what may stand before its numbers."""

UNIT = "unit"
"""The heading that does not tell rows apart."""


def offers(
    kind: str, arms: tuple[str, ...], others: tuple[str, ...] = ()
) -> frozenset[str]:
    """Return what may stand in the columns of a kind of table.

    Args:
        kind: Kind of table.
        arms: Arms of the plan, control first.
        others: Groups that are followed and not enrolled; or sites, of a funnel.

    Returns:
        Words for headings and numbers.
    """
    numbers = {
        "arm_sizes": ("persons",),
        "contacts": (*arms, "total"),
        "course": (*arms, *(f"n {arm}" for arm in arms)),
        "rounds": arms,
        "balance": arms,
        "effects": tuple(f"mean {arm}" for arm in (*arms, *others))
        + tuple(f"{word} {arm}" for word in ("effect", "stars") for arm in arms)
        + tuple(f"{word} {arm}" for word in ("se", "p", "n") for arm in arms)
        + tuple(f"sd {arm}" for arm in (*arms, *others)),
        "funnel": others,
        "groups": (
            *(*arms, *others, "all"),
            *(f"p {arm}" for arm in arms[1:]),
            *(f"n {group}" for group in (*arms, *others, "all")),
        ),
        "findings": ("effect", "low", "high", "is_significant", "n arm", "n against"),
        "reliability": ("alpha", "low", "high", "n"),
        "fit": ("statistic", "df", "p", "n"),
        "bounds": BOUNDS_NUMBERS,
        "models": MODELS_NUMBERS,
        "weights": ("all", "target", "weighted", "n"),
        "weighted_effects": WEIGHTED_NUMBERS,
    }
    return frozenset(HEADINGS[kind] + numbers[kind])


def outcomes_shown(table: ReleasedTable) -> tuple[str, ...]:
    """Return the outcomes that a table counts in persons' rows, effects not among them.

    Args:
        table: A table of the plan.

    Returns:
        Names of outcomes.
    """
    if isinstance(table, ContactsTable):
        return tuple(table.lines.values())
    if isinstance(table, CourseTable):
        among = () if table.among is None else (table.among,)
        return (*table.lines.values(), *among)
    if isinstance(table, (GroupsTable, ReliabilityTable, BoundsTable)):
        return table.outcomes
    if isinstance(table, RoundsTable):
        named = [name for forms in table.lines.values() for name in forms.values()]
        return tuple(dict.fromkeys((table.among, *named)))
    return ()
