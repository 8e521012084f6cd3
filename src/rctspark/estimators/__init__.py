"""Arrays, cells or sums -> frozen results. Knows no Spark."""

from __future__ import annotations

from rctspark.estimators.contrast import Contrast, as_effects
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.models import estimate_model, estimate_models
from rctspark.estimators.randomised.sample_ratio import estimate_sample_ratio
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.att_results import ReceiptEffects
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.logit import estimate_logit
from rctspark.estimators.regression.sources import CellSums, PersonSums, make_cells
from rctspark.estimators.regression.subgroups import Subgroups, estimate_subgroups

__all__ = [
    "CellSums",
    "Contrast",
    "PersonSums",
    "ReceiptEffects",
    "Subgroups",
    "as_effects",
    "estimate_att",
    "estimate_itt",
    "estimate_linear",
    "estimate_logit",
    "estimate_model",
    "estimate_models",
    "estimate_sample_ratio",
    "estimate_subgroups",
    "make_cells",
]
