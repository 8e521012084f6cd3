"""Score the indices of questionnaires, and say how well their questions agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from rctspark.contracts.questionnaires import Reliability
from rctspark.estimators.refusals import MINIMUM_PERSONS, refuse, shape_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rctspark.contracts.questionnaires import Index, Item
    from rctspark.contracts.sample import AnalysisSample

    Floats = NDArray[np.float64]

TOP = 10.0
FEWEST_ITEMS = 2
NEAR = 1e-9


def recode_items(answers: Mapping[str, Floats], index: Index) -> Floats:
    """Turn and rescale the answers to the questions of an index.

    Args:
        answers: Question to shape (n,); NaN: no answer.
        index: The index.

    Returns:
        Shape (n, items), higher is better; NaN: no answer.

    Raises:
        EstimationError: A question is missing, an answer lies outside its range, a
            range is empty, or weights don't add up to 1.
    """
    what = f"Index {index.name}"
    absent = [f"no answers to {i.name}" for i in index.items if i.name not in answers]
    total = math.fsum(i.weight for i in index.items)
    if abs(total - 1) > NEAR:
        absent.append(f"the weights add up to {total:g}, not 1")
    absent += [
        f"{i.name} has no range" for i in index.items if not i.lowest < i.highest
    ]
    refuse(what, absent)
    used = {i.name: answers[i.name] for i in index.items}
    faults = shape_faults(len(next(iter(used.values()))), used)
    for item in index.items:
        values = used[item.name]
        beyond = _beyond(values, item)
        if beyond:
            faults.append(_outside(item, beyond))
    refuse(what, faults)
    return turn_items(used, index)


def turn_items(answers: Mapping[str, Floats], index: Index) -> Floats:
    """Turn and rescale answers that are known to lie within their ranges."""
    columns = []
    for item in index.items:
        values = np.asarray(answers[item.name], dtype=np.float64)
        if item.is_turned:
            values = item.lowest + item.highest - values
        if item.is_rescaled:
            values = (values - item.lowest) / (item.highest - item.lowest) * TOP
        columns.append(values)
    return np.column_stack(columns)


def score_index(answers: Mapping[str, Floats], index: Index) -> Floats:
    """Score an index for everyone who answered all its questions.

    Args:
        answers: Question to shape (n,); NaN: no answer.
        index: The index.

    Returns:
        Shape (n,): weighted mean of the recoded answers; NaN where one is missing.

    Raises:
        EstimationError: As `recode_items`.
    """
    weights = np.array([item.weight for item in index.items])
    scored: Floats = recode_items(answers, index) @ weights
    return scored


def estimate_reliability(
    answers: Mapping[str, Floats],
    index: Index,
    *,
    level: float = 0.90,
    method: Literal["Feldt", "distribution free"] = "Feldt",
) -> Reliability:
    """Estimate Cronbach's alpha of an index from those who answered everything.

    Alpha (Cronbach 1951, doi:10.1007/BF02310555) is of the recoded questions, each
    with the same weight. Feldt's interval (1965, doi:10.1007/BF02289499) is exact
    for normal answers whose covariances are all equal; the distribution-free one
    (Maydeu-Olivares, Coffman and Hartmann 2007, doi:10.1037/1082-989X.12.2.157) is
    right in large samples whatever the answers' distribution.

    Args:
        answers: Question to shape (n,); NaN: no answer.
        index: The index.
        level: Level of the interval.
        method: Kind of interval.

    Returns:
        Alpha, its interval, and how many persons stand behind it.

    Raises:
        EstimationError: Fewer than two questions, fewer than 10 persons who answered
            all, everyone the same sum, or as `recode_items`.
    """
    matrix = recode_items(answers, index)
    whole = ~np.isnan(matrix).any(axis=1)
    some = ~np.isnan(matrix).all(axis=1)
    complete = matrix[whole]
    n, items = complete.shape
    has_one_sum = n > 0 and np.ptp(complete.sum(axis=1)) == 0
    _refuse_few(index, n, items, has_one_sum=has_one_sum)
    alpha, error = _alpha(complete)
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    ends = (alpha - reach, alpha + reach)
    if method == "Feldt":
        ends = _feldt(alpha, n, items, level)
    return Reliability(
        index=index.name,
        alpha=alpha,
        std_error=error,
        ci_lower=ends[0],
        ci_upper=ends[1],
        level=level,
        method=method,
        items=items,
        n=n,
        n_incomplete=int((some & ~whole).sum()),
    )


class AnswerTally:
    """The answers of those who answered every question of an index.

    Attributes:
        n: Persons who did.
        mean: Shape (items,), means of their recoded answers.
        products: Shape (items, items), sums of products about the means.
        beyond: Shape (items,), answers outside their range.
        lowest: Smallest sum of anyone's recoded answers.
        highest: Largest.
    """

    def __init__(self, index: Index, horizon: int) -> None:
        """Begin with nobody.

        Args:
            index: The index; its questions are outcomes of the sample.
            horizon: Their horizon.
        """
        items = len(index.items)
        self.index = index
        self.n = 0
        self.mean = np.zeros(items)
        self.products = np.zeros((items, items))
        self.beyond = np.zeros(items)
        self.lowest, self.highest = math.inf, -math.inf
        self._horizon = horizon

    def add(self, part: AnalysisSample) -> None:
        """Add some persons."""
        other = AnswerTally(self.index, self._horizon)
        answers = {
            i.name: part.outcomes[i.name, self._horizon] for i in self.index.items
        }
        other.beyond = np.array([_beyond(answers[i.name], i) for i in self.index.items])
        turned = turn_items(answers, self.index)
        complete = turned[~np.isnan(turned).any(axis=1)]
        if not len(complete):
            self.beyond = self.beyond + other.beyond
            return
        other.n, other.mean = len(complete), complete.mean(axis=0)
        apart = complete - other.mean
        other.products = apart.T @ apart
        sums = complete.sum(axis=1)
        other.lowest, other.highest = float(sums.min()), float(sums.max())
        self.merge(other)

    def merge(self, other: AnswerTally) -> None:
        """Add other persons."""
        self.beyond = self.beyond + other.beyond
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)
        total = self.n + other.n
        if not total:
            return
        apart = other.mean - self.mean
        share = other.n / total
        self.products = (
            self.products + other.products + np.outer(apart, apart) * self.n * share
        )
        self.mean, self.n = self.mean + apart * share, total


def reliability_of(
    tally: AnswerTally, *, level: float = 0.90
) -> tuple[float, float, float]:
    """Return alpha and Feldt's interval from answers that were added up.

    Args:
        tally: The answers.
        level: Level of the interval.

    Returns:
        As `estimate_reliability`: alpha, lower and upper end.

    Raises:
        EstimationError: As `estimate_reliability`.
    """
    index, n, items = tally.index, tally.n, len(tally.index.items)
    refuse(
        f"Index {index.name}",
        [
            _outside(item, int(count))
            for item, count in zip(index.items, tally.beyond, strict=True)
            if count
        ],
    )
    _refuse_few(index, n, items, has_one_sum=tally.lowest == tally.highest)
    factor = items / (items - 1)
    alpha = factor * (1 - float(np.trace(tally.products) / tally.products.sum()))
    return (alpha, *_feldt(alpha, n, items, level))


def _beyond(values: Floats, item: Item) -> int:
    return int(((values < item.lowest) | (values > item.highest)).sum())


def _outside(item: Item, count: int) -> str:
    return f"{item.name}: {count} answer(s) outside {item.lowest:g} to {item.highest:g}"


def _refuse_few(index: Index, n: int, items: int, *, has_one_sum: bool) -> None:
    faults = []
    if items < FEWEST_ITEMS:
        faults.append(f"{items} question(s), needed are {FEWEST_ITEMS}")
    if n < MINIMUM_PERSONS:
        faults.append(f"{n} person(s) answered all, needed are {MINIMUM_PERSONS}")
    elif has_one_sum:
        faults.append(f"all {n} persons have the same sum")
    refuse(f"Cronbach's alpha of {index.name}", faults)


def _feldt(alpha: float, n: int, items: int, level: float) -> tuple[float, float]:
    df = (n - 1, (n - 1) * (items - 1))
    high, low = stats.f.ppf([(1 + level) / 2, (1 - level) / 2], *df)
    return 1 - (1 - alpha) * float(high), 1 - (1 - alpha) * float(low)


def _alpha(complete: Floats) -> tuple[float, float]:
    """Return alpha and its distribution-free standard error."""
    n, items = complete.shape
    centred = complete - complete.mean(axis=0)
    total = centred.sum(axis=1)
    trace = float((centred**2).sum()) / (n - 1)
    variance = float((total**2).sum()) / (n - 1)
    factor = items / (items - 1)
    alpha = factor * (1 - trace / variance)
    # A person's part in alpha, through the items' variances and that of the sum.
    part = (centred**2).sum(axis=1) / variance - trace / variance**2 * total**2
    error = factor * float(np.sqrt(((part - part.mean()) ** 2).sum() / (n - 1) / n))
    return alpha, error
