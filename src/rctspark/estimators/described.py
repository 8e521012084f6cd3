"""One count of a description, and how it is asked of a source of persons."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rctspark.contracts.descriptives import ENROLLED, EVERY
from rctspark.estimators.tallies import MISSING, AmountTally, add_tallies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import BalanceLine, Covariate, GroupLine
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.tallies import Amounts

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Texts = NDArray[np.str_]
    Floats = NDArray[np.float64]

LARGEST = 2


class Count(NamedTuple):
    """A row of `DESCRIPTIVES` before it is filed; as there."""

    subject: str
    category: str
    horizon: int
    arm: str
    persons: int
    base_persons: int
    total: float | None = None
    largest_share: float | None = None
    rest_ratio: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    method: str = ""


class Ask(NamedTuple):
    """What is added up for a description, and what is then said of it.

    Attributes:
        tally: Tally of nobody yet.
        say: Gives the counts, from the same tally over everyone.
    """

    tally: Any
    say: Callable[[Any], Iterable[Count]]


def say_all(source: SourceOfSums, asks: Sequence[Ask]) -> list[Count]:
    """Go once through a source for everything that is asked.

    Args:
        source: Persons, or a table.
        asks: What is asked.

    Returns:
        The counts, in the order of `asks`.
    """
    told = add_tallies(source, [ask.tally for ask in asks])
    return [
        count for ask, tally in zip(asks, told, strict=True) for count in ask.say(tally)
    ]


def ask_values(
    keys: Sequence[tuple[str, int]],
    arms: Sequence[str],
    *,
    among: tuple[str, int] | None = None,
    base: str = EVERY,
) -> Ask:
    """Ask for the sums of outcomes over the persons of each arm.

    Args:
        keys: Outcome and horizon.
        arms: The arms.
        among: Outcome and horizon that is 1 for those counted. None: everyone.
        base: Category under which the sums are filed.

    Returns:
        What gives per outcome and arm its sum, the persons whose value is not zero,
        and those with a value.
    """

    def say(tally: AmountTally) -> Iterator[Count]:
        for place, (name, horizon) in enumerate(keys):
            for arm in arms:
                yield count_amounts(
                    tally.groups[arm], name, base, horizon, arm, place=place
                )

    values = partial(outcome_values, keys=tuple(keys))
    members = partial(arm_members, arms=tuple(arms), among=among)
    return Ask(AmountTally(values, members), say)


def ask_sizes(members: Callable[[AnalysisSample], dict[str, Bools]]) -> Ask:
    """Ask how many persons each arm or group has."""

    def say(tally: AmountTally) -> Iterator[Count]:
        for name, group in tally.groups.items():
            yield Count(ENROLLED, EVERY, 0, name, group.persons, group.persons)

    return Ask(AmountTally(partial(outcome_values, keys=()), members), say)


def outcome_values(
    sample: AnalysisSample, *, keys: Sequence[tuple[str, int]]
) -> Floats:
    """Return the values of outcomes, shape (n, outcomes)."""
    columns = [np.empty((sample.n, 0)), *(sample.outcomes[key] for key in keys)]
    values: Floats = np.column_stack(columns)
    return values


def arm_members(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    among: tuple[str, int] | None = None,
) -> dict[str, Bools]:
    """Say who is in which arm, of everyone or of those whose outcome `among` is 1."""
    counted = np.ones(sample.n, dtype=np.bool_)
    if among is not None:
        counted = sample.outcomes[among] == 1
    return {arm: (sample.arm == arm) & counted for arm in arms}


def count_amounts(
    amounts: Amounts,
    subject: str,
    category: str,
    horizon: int,
    arm: str,
    *,
    place: int = 0,
) -> Count:
    """Say how much was added up, and how far the largest contributions go.

    Args:
        amounts: What is kept of the values of the persons counted.
        subject: Outcome or covariate.
        category: Category under which the sum is filed.
        horizon: Horizon of the outcome.
        arm: Arm or group of the persons.
        place: Which of the values.

    Returns:
        Sum, persons whose value is not zero, persons with a value.
    """
    whole = float(amounts.size[place])
    second, top = (float(one) for one in amounts.largest[:, place])
    # Where all is in two hands, what is left is rounding, and nothing at all.
    rest = max(whole - top - second, 0.0) if amounts.filled[place] > LARGEST else 0.0
    return Count(
        subject,
        category,
        horizon,
        arm,
        persons=int(amounts.filled[place]),
        base_persons=int(amounts.known[place]),
        total=float(amounts.total[place]),
        largest_share=top / whole if whole > 0 else None,
        rest_ratio=rest / top if top > 0 else None,
    )


def category_of(sample: AnalysisSample, covariate: Covariate) -> Texts:
    """Return the category of each person; empty: not known.

    Args:
        sample: The sample.
        covariate: A categorical covariate of the plan.

    Returns:
        Shape (n,).
    """
    names = np.array([*covariate.categories, MISSING])
    return names[category_places(sample.covariates[covariate.name])]


def category_places(coded: Floats) -> Ints:
    """Return the place of each person's category; -1: not known.

    Args:
        coded: Shape (n, categories - 1), as the covariates of a sample.

    Returns:
        Shape (n,).
    """
    first = np.zeros((len(coded), 1))
    place = np.concatenate([first, coded == 1], axis=1).argmax(axis=1)
    return np.where(np.isnan(coded).any(axis=1), -1, place).astype(np.int64)


def shown_category(
    sample: AnalysisSample, *, covariate: Covariate, line: BalanceLine | GroupLine
) -> Texts:
    """Return the category of each person as a line of a table shows it.

    A category that stands for a missing value and is not shown is none; one that is
    shown is a category of the test too.

    Args:
        sample: The sample.
        covariate: A categorical covariate of the plan.
        line: The line of the table.

    Returns:
        Shape (n,); empty: not known.
    """
    values = category_of(sample, covariate)
    if line.missing is not None and line.missing not in line.categories.values():
        return np.where(values == line.missing, MISSING, values)
    return values
