"""How standard errors of tracked effects were made, in words."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config import Plan
    from rctspark.contracts import Effect

KINDS = {
    "classical": "by one variance for everyone (classical)",
    "HC0": "robust to unequal variances (HC0)",
    "HC1": "robust to unequal variances (HC1, factor n over n minus rank)",
    "HC2": "robust to unequal variances (HC2, by leverage)",
    "HC3": "robust to unequal variances (HC3, by leverage squared)",
    "CR1": "robust for persons of one {cluster} (CR1, with Stata's factors)",
    "CR2": "robust for persons of one {cluster} (CR2, Bell and McCaffrey 2002)",
}
DEGREES = {
    "CR1": "the number of {cluster}s minus one",
    "CR2": "Satterthwaite's for each effect (Pustejovsky and Tipton 2018)",
}


def covariance_words(plan: Plan, effects: Sequence[Effect]) -> str:
    """Say which standard errors a plan has, and by how many degrees of freedom.

    Args:
        plan: The analysis plan.
        effects: Effects that are described; none: no numbers are given.

    Returns:
        One sentence: kind of standard error, t distribution, degrees of freedom and
        between what numbers they lie.
    """
    inference = plan.inference
    cluster = {"cluster": inference.cluster or "cluster"}
    kind = KINDS[inference.covariance].format(**cluster)
    of = DEGREES.get(inference.covariance, "n minus rank").format(**cluster)
    found = sorted({e.df for e in effects if not isinf(e.df)})
    # Those that count persons come rounded down: they would give an arm away.
    is_exact = inference.covariance in DEGREES
    decimals, words = (1, "") if is_exact else (0, ", rounded down")
    ends = [f"{df:,.{decimals}f}" for df in (*found[:1], *found[-1:])]
    between = f" ({' to '.join(ends)}{words})" if found else ""
    return (
        f"Standard errors are {kind}; intervals and two-sided p-values are of the t "
        f"distribution, degrees of freedom {of}{between}."
    )
