"""The effect of receiving what an arm offers: two-stage least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.errors import EstimationError
from rctspark.estimators.regression.att_passes import (
    ReceiptTask,
    ask_of,
    ask_second_pass,
)
from rctspark.estimators.regression.att_results import ReceiptEffects, make_results
from rctspark.estimators.regression.first_pass import add_first, within_of
from rctspark.estimators.regression.linear import arm_check, regression_of
from rctspark.estimators.regression.regressions import (
    in_words,
    refuse,
)
from rctspark.estimators.regression.sources import receipt_name
from rctspark.estimators.regression.terms import make_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums

    Floats = NDArray[np.float64]


RELEVANCE = 0.05
"""Assignment must move what is received by a test at this level."""
COVARIANCES = ("classical", "HC0", "HC1", "CR1")


def estimate_att(
    source: SourceOfSums,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    relevance: float = RELEVANCE,
) -> ReceiptEffects:
    """Estimate the effect of receiving what an arm offers, instead of control's.

    Receipt is instrumented by assignment, all arms in one regression. Without
    persons who receive something whatever their arm, it is the effect on those who
    received it (Imbens and Angrist 1994, doi:10.2307/2951620). Intervals and
    p-values of the effects are of the t distribution with n minus rank degrees of
    freedom; where instruments are weak, use the interval of Anderson and Rubin.

    Args:
        source: Persons, cells, or a table, with the model's receipts as columns.
            Outcomes may include receipts themselves; nothing is said of those.
        model: A model with estimator `iv`.
        inference: Covariance `classical`, `HC0`, `HC1` or `CR1`; level.
        thresholds: The data owner's; they hold where they are stricter.
        relevance: Level of the test that assignment moves receipt; 1: any is let
            through, which is for studies of weak instruments.

    Returns:
        Effects; first stages, Anderson and Rubin's intervals, Wu and Hausman's test.

    Raises:
        EstimationError: Assignment does not move what is received, and why that is
            said; receipt or a covariate is missing for someone; an arm has too few
            persons; the covariance is not known here.
    """
    faults = []
    if inference.covariance not in COVARIANCES:
        faults.append(f"covariance {inference.covariance} does not exist for iv")
    receipts = tuple(
        dict.fromkeys(
            receipt_name((name, model.receipt_horizon))
            for name in model.receipt.values()
        )
    )
    faults += [f"no column is called {r}" for r in receipts if r not in source.columns]
    if model.estimator != "iv":
        faults.append("it is not an iv model")
    if faults:
        raise EstimationError(f"model {model.name}: {'; '.join(faults)}")
    regression = regression_of(source, model, inference)
    with threadpool_limits(limits=1, user_api="blas"):
        columns = [(r,) for r in receipts]
        terms, place = make_terms(source, [*regression.terms, *columns])
        within = within_of(source, [regression], inference.covariance)
        sums = add_first(source, terms, within)
        task = ReceiptTask(source, model, inference, regression, terms, receipts)
        check = arm_check(source, inference, thresholds)
        asked = []
        for group in sums.groups:
            wanted = _without_receipts(task, group)
            if wanted is None:
                continue
            try:
                faults += check(wanted, 0)
                asked.append(ask_of(task, wanted, place))
                faults += check(wanted, asked[-1].stages.rank)
            except EstimationError as refused:
                faults.append(f"{in_words(source, wanted.outcomes)}: {refused}")
        refuse([f"model {model.name}: {fault}" for fault in faults])
        found = ask_second_pass(task, asked)
        return make_results(task, asked, found, relevance)


def _without_receipts(task: ReceiptTask, group: GroupSums) -> GroupSums | None:
    names = [receipt_name(o) for o in task.source.outcomes]
    wanted = np.array([o for o in group.outcomes if names[o] not in task.receipts])
    return group.of(wanted) if wanted.size else None
