"""Two-stage least squares from sums of products: the algebra of one group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.regression.middle_sums import Middle
from rctspark.estimators.regression.regressions import about_the_mean
from rctspark.estimators.regression.weak_instruments import ReducedForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.normal_equations import Equations

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

IRRELEVANT = 1e-12
"""A receipt whose share explained by assignment is smaller is not moved by it."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoStage:
    """The regressions of one group of outcomes.

    Columns are the instruments and covariates that are kept, then the receipts.

    Attributes:
        group: First sums.
        equations: Normal equations of instruments and covariates.
        places: Places of all columns among the terms.
        products: Their sums of products.
        term_y: Their sums of products with the outcomes.
        instruments: Number of instruments.
        receipts: Number of receipts.
        strata: Number of constants.
    """

    group: GroupSums
    equations: Equations
    places: Ints
    products: Floats
    term_y: Floats
    instruments: int
    receipts: int
    strata: int

    @property
    def explaining(self) -> int:
        """Instruments and covariates."""
        return len(self.equations.kept)

    @property
    def rank_first(self) -> int:
        """Rank of the first stage's design."""
        return self.strata + self.explaining

    @property
    def rank(self) -> int:
        """Rank of the second stage's design."""
        return self.rank_first - self.instruments + self.receipts

    @property
    def is_exact(self) -> bool:
        """Whether what is received follows from assignment and covariates alone."""
        k = self.explaining
        whole = np.diag(self.products)[k:]
        explained = (self.first_stage() * self.products[:k, k:]).sum(axis=0)
        return bool((whole - explained <= IRRELEVANT * whole).any())

    def first_stage(self) -> Floats:
        """Return coefficients of the receipts on instruments and covariates."""
        k = self.explaining
        coefficients: Floats = self.equations.inverse @ self.products[:k, k:]
        return coefficients

    def second_stage(self) -> Middle:
        """Return what the covariance of the effects asks, coefficients included.

        Raises:
            EstimationError: Assignment does not move what is received.
        """
        k, m, z = self.explaining, self.receipts, self.instruments
        carry = np.zeros((k, m + k - z))
        carry[:, :m] = self.first_stage()
        carry[z:, m:] = np.eye(k - z)
        fitted = carry.T @ self.products[:k, :k] @ carry
        self._refuse_irrelevant(fitted)
        inverse = _inverse(fitted)
        effects = inverse @ carry.T @ self.term_y[:k]
        coefficients = np.zeros((k + m, effects.shape[1]))
        coefficients[k:], coefficients[z:k] = effects[:m], effects[m:]
        directions = np.zeros((k + m, m))
        directions[:k] = carry @ inverse[:, :m]
        return self._middle(coefficients, directions)

    def _refuse_irrelevant(self, fitted: Floats) -> None:
        m = self.receipts
        whole = np.diag(self.products)[self.explaining :]
        rest = fitted[m:, m:]
        apart = fitted[:m, :m]
        if len(rest):
            apart = apart - fitted[:m, m:] @ np.linalg.solve(rest, fitted[m:, :m])
        ratio = apart / np.sqrt(np.outer(whole, whole))
        if (whole <= 0).any() or np.linalg.eigvalsh(ratio)[0] <= IRRELEVANT:
            raise EstimationError(
                "assignment does not move what is received apart from the covariates "
                "(everybody received it, nobody did, or the arms alike), so nothing "
                "can be said of its effect"
            )

    def hausman(self) -> Middle:
        """Return what the test asks that receipt is as good as random.

        The first stage's residuals join the second stage as columns; their
        coefficients are the directions asked (Wu 1973, doi:10.2307/1914093).
        """
        k, m, z = self.explaining, self.receipts, self.instruments
        joined = np.zeros((k + m, 2 * m + k - z))
        joined[k:, :m] = np.eye(m)
        joined[z:k, m : m + k - z] = np.eye(k - z)
        joined[k:, m + k - z :] = np.eye(m)
        joined[:k, m + k - z :] = -self.first_stage()
        inverse = _inverse(joined.T @ self.products @ joined)
        coefficients = joined @ inverse @ joined.T @ self.term_y
        return self._middle(coefficients, joined @ inverse[:, m + k - z :])

    def hausman_residual_coefficients(self) -> Floats:
        """Return the coefficients that the test asks of, shape (m, outcomes)."""
        asked = self.hausman()
        coefficients: Floats = asked.directions.T @ self.term_y
        return coefficients

    def reduced_forms(self) -> tuple[Middle, list[Floats]]:
        """Return what the covariances of the reduced forms ask.

        Their covariance at given weights over outcome and receipts is that of the
        combination's own regression, a quadratic in the weights: known at enough
        weights, it is known everywhere.

        Returns:
            What is asked, each outcome once per weights, and the weights, in units
            that make outcome and receipts of one size.
        """
        k, m, z = self.explaining, self.receipts, self.instruments
        j = self.term_y.shape[1]
        ratio = self._ratio()
        tried = _weights(m)
        on_first = self.first_stage()
        on_outcome = self.equations.inverse @ self.term_y[:k]
        coefficients = np.zeros((k + m, len(tried), j))
        for place, weights in enumerate(tried):
            effects = -weights[1:, None] * ratio
            coefficients[k:, place] = effects
            coefficients[:k, place] = on_outcome - on_first @ effects
        directions = np.zeros((k + m, z))
        directions[:k] = self.equations.inverse[:, :z]
        asked = self._middle(coefficients.reshape(k + m, -1), directions)
        asked = replace(
            asked,
            outcomes=np.tile(self.group.outcomes, len(tried)),
            y_means=np.tile(asked.y_means, (1, len(tried))),
        )
        return asked, tried

    def reduced_form(
        self, j: int, covariances: Floats, tried: list[Floats], *, df: float
    ) -> ReducedForm:
        """Return the reduced form of one outcome.

        Args:
            j: Place of the outcome in the group.
            covariances: Shape (weights, outcomes, z, z), at the weights tried.
            tried: The weights.
            df: Residual degrees of freedom.
        """
        k, z, m = self.explaining, self.instruments, self.receipts
        ratio = np.concatenate([[1.0], self._ratio()[:, j]])
        pairs = list(_pairs(m + 1))
        design = np.array(
            [[w[a] * w[b] * (1 if a == b else 2) for a, b in pairs] for w in tried]
        )
        at = covariances[:, j].reshape(len(tried), -1)
        parts = np.linalg.lstsq(design, at, rcond=None)[0].reshape(-1, z, z)
        full = np.zeros((m + 1, m + 1, z, z))
        for (a, b), part in zip(pairs, parts, strict=True):
            full[a, b] = full[b, a] = part / (ratio[a] * ratio[b])
        outcome = self.equations.inverse[:z] @ self.term_y[:k, j]
        return ReducedForm(
            coefficients=np.column_stack([outcome, self.first_stage()[:z]]),
            covariances=full,
            strength=_inverse(self.equations.inverse[:z, :z]),
            df=df,
        )

    def _ratio(self) -> Floats:
        """Size of the outcomes over that of the receipts, shape (m, j)."""
        y = np.sqrt(np.maximum(about_the_mean(self.group).y_squares, 0))
        d = np.sqrt(np.diag(self.products)[self.explaining :])
        ratio: Floats = np.where(y > 0, y, 1.0)[None, :] / d[:, None]
        return ratio

    def _middle(self, coefficients: Floats, directions: Floats) -> Middle:
        k = len(self.places)
        return Middle(
            outcomes=self.group.outcomes,
            terms=self.places,
            means=self.group.means[:, self.places],
            y_means=self.group.y_means,
            coefficients=coefficients,
            directions=directions,
            root=np.zeros((k, k)),
            weight=np.where(self.group.weight > 0, self.group.weight, 1.0),
            power=0,
            redundant=np.zeros(0, dtype=np.int64),
            redundant_means=np.zeros((len(self.group.means), 0)),
            explained=np.zeros((k, 0)),
        )


def _pairs(equations: int) -> list[tuple[int, int]]:
    every = range(equations)
    return [(a, a) for a in every] + list(combinations(every, 2))


def _weights(receipts: int) -> list[Floats]:
    """Weights at which a quadratic in outcome and receipts is settled.

    The outcome has weight 1 in all: its equation is what residuals are made of.
    """
    unit = np.eye(receipts + 1)
    tried = [unit[0]]
    for a in range(1, receipts + 1):
        tried += [unit[0] + unit[a], unit[0] - unit[a]]
    for a, b in combinations(range(1, receipts + 1), 2):
        tried.append(unit[0] + unit[a] + unit[b])
    return tried


def _inverse(matrix: Floats) -> Floats:
    """Invert a positive definite matrix, its columns brought to one length first."""
    scale = np.sqrt(np.diag(matrix))
    turned = np.linalg.inv(matrix / np.outer(scale, scale))
    inverse: Floats = (turned + turned.T) / 2 / np.outer(scale, scale)
    return inverse
