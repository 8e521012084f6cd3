"""Whether arms can be compared whose persons were drawn together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError, listed
from rctspark.estimators.categories import count_categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts.sums import SourceOfSums

FEWEST_PER_ARM = 2


def require_clusters(
    source: SourceOfSums, *, cluster: str, arms: Sequence[str], is_drawn: bool
) -> None:
    """Stop where clusters can't carry the comparison of the arms.

    Where whole clusters were drawn, persons of an arm vary with their clusters, and
    of one cluster nobody can tell what is the arm's and what is the cluster's.

    Args:
        source: Everyone analysed.
        cluster: Categorical covariate that says who was assigned together.
        arms: Arms in the regression.
        is_drawn: Whether each cluster was drawn as a whole.

    Raises:
        EstimationError: An arm has persons of fewer than two clusters; or clusters
            that were drawn hold persons of several arms. Both with their counts.
    """
    counted = dict(zip(source.arms, count_categories(source, cluster), strict=True))
    sizes = {arm: int((counted[arm] > 0).sum()) for arm in arms}
    faults = [
        f"arm {arm} has {size} {cluster}(s), needed are {FEWEST_PER_ARM}: what is the "
        f"arm's can't be told from what is the {cluster}'s"
        for arm, size in sizes.items()
        if size < FEWEST_PER_ARM
    ]
    if is_drawn:
        arms_of = sum((counted[arm] > 0).astype(int) for arm in arms)
        mixed = int(np.sum(arms_of > 1))
        if mixed:
            faults.append(
                f"{mixed} {cluster}(s) hold persons of more than one arm, and the "
                "plan says that each was drawn as a whole: correct the list"
            )
    if faults:
        raise EstimationError(f"Clusters can't be compared:\n{listed(faults)}")
