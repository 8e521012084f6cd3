"""Whether arms can be compared whose persons were drawn together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sample import AnalysisSample

FEWEST_PER_ARM = 2


def require_clusters(
    sample: AnalysisSample, *, cluster: str, arms: Sequence[str], is_drawn: bool
) -> None:
    """Stop where clusters can't carry the comparison of the arms.

    Where whole clusters were drawn, persons of an arm vary with their clusters, and
    of one cluster nobody can tell what is the arm's and what is the cluster's.

    Args:
        sample: The analysis sample.
        cluster: Categorical covariate that says who was assigned together.
        arms: Arms in the regression.
        is_drawn: Whether each cluster was drawn as a whole.

    Raises:
        EstimationError: An arm has persons of fewer than two clusters; or clusters
            that were drawn hold persons of several arms. Both with their counts.
    """
    code = cluster_codes(sample, cluster)
    per_arm = {arm: np.unique(code[sample.arm == arm]) for arm in arms}
    faults = [
        f"arm {arm} has {found.size} {cluster}(s), needed are {FEWEST_PER_ARM}: what "
        f"is the arm's can't be told from what is the {cluster}'s"
        for arm, found in per_arm.items()
        if found.size < FEWEST_PER_ARM
    ]
    if is_drawn:
        _, arms_of = np.unique(np.concatenate([*per_arm.values()]), return_counts=True)
        mixed = int((arms_of > 1).sum())
        if mixed:
            faults.append(
                f"{mixed} {cluster}(s) hold persons of more than one arm, and the "
                "plan says that each was drawn as a whole: correct the list"
            )
    if faults:
        raise EstimationError(f"Clusters can't be compared:\n{listed(faults)}")


def cluster_codes(sample: AnalysisSample, cluster: str) -> NDArray[np.int64]:
    """Return the place of each person's cluster among the covariate's categories."""
    others = sample.covariates[cluster] > 0
    codes: NDArray[np.int64] = np.where(
        others.any(axis=1), others.argmax(axis=1) + 1, 0
    )
    return codes
