"""Indices of questionnaires: what they are made of, and how well items agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One question of an index.

    Attributes:
        name: Name of the question.
        weight: Weight in the index.
        lowest: Lowest answer.
        highest: Highest answer.
        is_turned: Whether a high answer is bad: it is then turned round.
        is_rescaled: Whether the answer is brought to 0-10:
            (answer - lowest) / (highest - lowest) * 10.
    """

    name: str
    weight: float
    lowest: float
    highest: float
    is_turned: bool = False
    is_rescaled: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """A weighted mean of questions; only for those who answered all of them.

    Attributes:
        name: Name of the index.
        items: Its questions; weights add up to 1.
    """

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Cronbach's alpha of an index.

    Attributes:
        index: Name of the index.
        alpha: Cronbach's alpha of its recoded questions.
        std_error: Standard error that assumes no distribution of the answers.
        ci_lower: Lower end of the interval.
        ci_upper: Upper end of the interval.
        level: Level of the interval.
        method: `Feldt` or `distribution free`.
        items: Questions.
        n: Persons who answered all of them.
        n_incomplete: Persons who answered some and not all; not in `alpha`.
    """

    index: str
    alpha: float
    std_error: float
    ci_lower: float
    ci_upper: float
    level: float
    method: str
    items: int
    n: int
    n_incomplete: int
