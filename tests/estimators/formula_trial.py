"""The trial that tests/reference/r/design.R makes too, and what R printed of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

PRINTED = json.loads(
    (Path(__file__).parents[1] / "reference" / "r" / "design.json").read_text()
)
N = 120


def noise(n, k):
    """The same numbers between 0 and 1 in R and here."""
    return np.mod(np.sin(np.arange(1, n + 1) * k) * 1e4, 1)


TREATED = (noise(N, 12.9898) < 0.45).astype(int)
STRATUM = np.repeat(["a", "b", "c"], [30, 40, 50])
OUTCOME = (
    2 * noise(N, 78.233)
    + TREATED * 0.3
    + 0.5 * (STRATUM == "b")
    + TREATED * noise(N, 4.1414)
)
NUMBER = noise(N, 37.719)
WEIGHT = 0.5 + noise(N, 9.151)
ARM = np.where(TREATED == 1, "treated", "control")
ARMS = ("control", "treated")


def within(share, nominal, trials, errors=3.5):
    """Whether a share of trials lies within Monte Carlo error of nominal."""
    return abs(share - nominal) <= errors * np.sqrt(nominal * (1 - nominal) / trials)
