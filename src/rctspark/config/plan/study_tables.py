"""Tables about a study from its target population on: funnel, groups, findings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class TableLayout(Document):
    """What every released table has.

    Attributes:
        name: Name of its file, without `.csv`; its title stands among the labels, and
            what a reader must know of it under `<name>_note`.
        columns: Heading of each column, in order, to what stands in it.
    """

    name: str = Field(pattern=r"^[a-z][A-Za-z0-9_]*$")
    columns: dict[str, str] = Field(min_length=1)


class StarLevel(Document):
    """A sign for effects whose two-sided p-value lies below a level.

    Attributes:
        below: The level.
        sign: The sign.
        populations: Populations for which it is used. Empty: all.
    """

    below: float = Field(gt=0, lt=1)
    sign: str = Field(min_length=1)
    populations: tuple[str, ...] = ()


class FunnelLine(Document):
    """One number of a funnel: exactly one of these.

    Attributes:
        left: Stage whose persons are counted: those left after it.
        leaving: Stages whose persons are counted: those who leave at one of them.
        arm: Arm whose persons are counted.
    """

    left: str | None = None
    leaving: tuple[str, ...] = ()
    arm: Name | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [self.left is not None, bool(self.leaving), self.arm is not None]
        if sum(said) != 1:
            raise ValueError("say one of left, leaving and arm")
        return self


class FunnelTable(TableLayout):
    """Persons from the population screened to the arms, by site: `label`, each site.

    Attributes:
        lines: Heading of a row to what it counts, from the first stage to the arms.
    """

    kind: Literal["funnel"]
    lines: dict[str, FunnelLine] = Field(min_length=1)


class GroupLine(Document):
    """What a table of groups shows of one covariate or one outcome.

    Attributes:
        covariate: Covariate of the plan. None: an outcome is shown.
        categories: Heading of a row to a category. Empty: a number, shown by its mean
            in one row that is called `mean`.
        missing: Category that means unknown and is left out of shares and test.
        outcome: Outcome of the plan, in one row; its category has no heading.
        horizon: Its horizon; 0 where it has none.
        among: Outcome that is 1 for those who are counted, at its own horizon.
        among_horizon: Horizon of `among`.
    """

    covariate: Name | None = None
    categories: dict[str, str] = Field(default_factory=dict)
    missing: str | None = None
    outcome: Name | None = None
    horizon: int = 0
    among: Name | None = None
    among_horizon: int = 0

    @model_validator(mode="after")
    def _shows_one_thing(self) -> Self:
        if (self.covariate is None) == (self.outcome is None):
            raise ValueError("say either covariate or outcome")
        return self

    @property
    def base(self) -> str:
        """Category under which counts among some persons are filed."""
        return "all" if self.among is None else f"among {self.among}"


class GroupsTable(TableLayout):
    """Arms and groups side by side: `characteristic`, `category`, and numbers.

    Columns: each arm; `all`, everyone enrolled; `reference`; `target`, everyone of the
    target population, enrolled or not; and `p <arm>`, of the test of that arm against
    control: Pearson's chi-square without continuity correction for categories and
    shares, the t-test for other numbers. It stands in the first row of a line.
    `n <group>`: the persons among whom a row counts.

    Attributes:
        lines: Heading of a line to what it shows.
        show: Persons; per cent of those whose category or value is known; or the mean.
            Numbers show their mean.
        decimals: Digits after the point of per cent and means.
        sizes: Heading of a last row with the persons of each group, as characteristic
            and category. Empty: none.
        total: Heading of the line that is the sum of the other lines. None: none.
        variance: Of t-tests: one variance for both arms, or each its own.
    """

    kind: Literal["groups"]
    lines: dict[str, GroupLine] = Field(min_length=1)
    show: Literal["persons", "percent", "mean"] = "persons"
    decimals: int = Field(1, ge=0, le=6)
    sizes: tuple[str, ...] = ()
    total: str | None = None
    variance: Literal["pooled", "welch"] = "welch"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that are counted."""
        named = [n for line in self.lines.values() for n in (line.outcome, line.among)]
        return tuple(dict.fromkeys(n for n in named if n is not None))


class Finding(Document):
    """Effects that a report singles out.

    Attributes:
        population: Heading of the population.
        of: Population of the effects; of a subgroup `<population>:<covariate>=<x>`.
        model: Model of the plan.
        arm: Arm whose effect it is.
        outcomes: Outcomes, a row each.
        horizon: Their horizon.
    """

    population: str
    of: str
    model: Name
    arm: Name
    outcomes: tuple[Name, ...] = Field(min_length=1)
    horizon: int = 0


class FindingsTable(TableLayout):
    """Single effects with their intervals: `population`, `arm`, `label`, numbers.

    Columns: `effect`, `low`, `high`, `is_significant` (yes or no), and the persons of
    the arm, `n arm`, and of the group that it is compared with, `n against`.

    Attributes:
        rows: Effects, in order.
        below: p-value below which an effect is significant.
        factor: What the outcomes' unit is multiplied by.
        decimals: Digits after the point.
    """

    kind: Literal["findings"]
    rows: tuple[Finding, ...] = Field(min_length=1)
    below: float = Field(0.10, gt=0, lt=1)
    factor: float = 1.0
    decimals: int = Field(1, ge=0, le=6)


class Question(Document):
    """One question of an index.

    Attributes:
        lowest: Lowest answer.
        highest: Highest answer.
        is_turned: Whether a high answer is bad: it is turned round.
    """

    lowest: float
    highest: float
    is_turned: bool = False


class ReliabilityLine(Document):
    """An index whose questions are held against one another.

    Attributes:
        questions: Outcome that holds the answer as given, to the question.
        horizons: Horizons at which it was asked.
    """

    questions: dict[Name, Question] = Field(min_length=2)
    horizons: tuple[int, ...] = Field(min_length=1)


class ReliabilityTable(TableLayout):
    """Cronbach's alpha of indices: `label`, `horizon`, `alpha`, `low`, `high`, `n`.

    Attributes:
        lines: Heading of a row to the index.
        decimals: Digits after the point.
    """

    kind: Literal["reliability"]
    lines: dict[str, ReliabilityLine] = Field(min_length=1)
    decimals: int = Field(2, ge=0, le=6)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that hold answers."""
        named = [name for line in self.lines.values() for name in line.questions]
        return tuple(dict.fromkeys(named))
