"""Was everyone recorded in the arm that the rule gives?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.design import ArmAgreement
from rctspark.estimators.refusals import refuse, shape_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Texts = NDArray[np.str_]

TWO_ARMS = 2
UNRECORDED = ""


def estimate_arm_agreement(
    rule: Texts, recorded: Texts, *, arms: Sequence[str], level: float = 0.90
) -> ArmAgreement:
    """Compare the arm that was recorded with the arm that the rule gives.

    The share that differs has its exact interval (Clopper and Pearson 1934,
    doi:10.1093/biomet/26.4.404). Whether as many moved one way as the other: for two
    arms the exact binomial test of the moves (McNemar's), for more the chi-square
    of Bowker (1948, doi:10.1080/01621459.1948.10483284) over the pairs of arms
    between which someone moved.

    Args:
        rule: Shape (n,), arm by the rule; known for everyone.
        recorded: Shape (n,), recorded arm; an empty text: not recorded.
        arms: The arms.
        level: Level of the interval.

    Returns:
        Counts, the share that differs and the test of moves.

    Raises:
        EstimationError: Someone is in an arm that is not among `arms`, nobody's arm
            was recorded, or lengths differ.
    """
    what = "The agreement of arms"
    refuse(what, shape_faults(len(rule), {"the recorded arm": recorded}))
    known = recorded != UNRECORDED
    strange = {
        "by the rule": int((~np.isin(rule, list(arms))).sum()),
        "as recorded": int((~np.isin(recorded[known], list(arms))).sum()),
    }
    faults = [
        f"{n} person(s) are in an unknown arm {words}" for words, n in strange.items()
    ]
    faults = [f for f, n in zip(faults, strange.values(), strict=True) if n]
    refuse(what, faults + ["nobody's arm was recorded"] * (not known.any()))
    counts = np.array(
        [[int(((rule == a) & (recorded == b)).sum()) for b in arms] for a in arms]
    )
    n, n_differ = int(known.sum()), int(counts.sum() - np.trace(counts))
    exact = stats.binomtest(n_differ, n).proportion_ci(level, method="exact")
    p_symmetry, method = _symmetry(counts)
    return ArmAgreement(
        arms=tuple(arms),
        counts=tuple(tuple(int(c) for c in row) for row in counts),
        n=n,
        n_unrecorded=int((~known).sum()),
        n_differ=n_differ,
        share_differ=n_differ / n,
        ci_lower=float(exact.low),
        ci_upper=float(exact.high),
        level=level,
        p_symmetry=p_symmetry,
        method=method,
    )


def _symmetry(counts: NDArray[np.int_]) -> tuple[float, str]:
    first, second = np.triu_indices(len(counts), k=1)
    one, other = counts[first, second], counts[second, first]
    moved = one + other
    if len(counts) == TWO_ARMS:
        method = "exact binomial"
        if not moved[0]:
            return 1.0, method
        return float(stats.binomtest(int(one[0]), int(moved[0])).pvalue), method
    pairs = moved > 0
    statistic = float(((one - other)[pairs] ** 2 / moved[pairs]).sum())
    p_value = float(stats.chi2.sf(statistic, pairs.sum())) if pairs.any() else 1.0
    return p_value, "Bowker's chi-square"
