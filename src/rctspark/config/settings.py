"""Settings of a run: where things lie, and the thresholds of the data owner."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from rctspark.config.documents import Document, overlay_documents
from rctspark.config.plan.name import Name

PLACE = "RCTSPARK_CONF"
SQLITE = "sqlite:///"


class Thresholds(Document):
    """What may be shown outside; owned by the data owner.

    Attributes:
        minimum_persons: Fewest persons behind any number.
        minimum_df: Fewest residual degrees of freedom of a model.
        maximum_share: Largest share of a row or column in one category.
        largest_contribution: Largest share of one person in a sum of amounts.
        p_percent: Smallest distance, relative to the largest contribution, to which
            the second largest contributor may estimate it (p%-rule).
    """

    minimum_persons: int = Field(10, ge=1)
    minimum_df: int = Field(10, ge=1)
    maximum_share: float = Field(0.90, gt=0, le=1)
    largest_contribution: float = Field(0.50, gt=0, le=1)
    p_percent: float = Field(0.10, ge=0, lt=1)


OUTCOME_SHARES = "outcome_shares"
"""What is exempted that is no table: shares of an arm that have an outcome."""
ADJUSTED_EFFECTS = "adjusted_effects"
"""And effects with covariates, where rule 3 keeps such a share."""


class Exemption(Document):
    """Something that the data owner lets leave as it is (rule 9).

    Attributes:
        table: `funnel`; `arms`; the name of a plan's table of counts by design;
            `outcome_shares`: shares of an arm that have, or lack, a yes-or-no
            outcome, whatever rule 3 says of them (rule 1 still holds); or
            `adjusted_effects`: effects with covariates, without means, also where
            rule 3 keeps such a share, which follows nearly from the standard error
            (rule 1 still holds).
        experiment: Name of the only plan for which it holds. None: every plan.
        rule: Name of the rule that allows it.
        reason: Why.
    """

    table: Name
    experiment: Name | None = None
    rule: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class SparkSettings(Document):
    """How a local session is started; under spark-submit the cluster's own rule.

    Attributes:
        conf: Settings of every session, local or not.
        local: Settings only where no one else has set a master.
    """

    conf: dict[str, str] = Field(default_factory=dict)
    local: dict[str, str] = Field(default_factory=dict)


class Settings(Document):
    """Everything that varies between machines and not between experiments.

    Attributes:
        out: Folder, on a disk of the driver, for logs, status files, report and
            released tables.
        lake: Root of the Delta tables.
        tracking_uri: Where MLflow keeps runs.
        jars: Folder with Delta's jars. Empty: the cluster provides them.
        pseudonym_key_file: File that holds the key of the pseudonyms; the
            environment variable `RCTSPARK_PSEUDONYM_KEY` takes precedence.
        retention_days: How long older table versions can be read.
        wait_seconds: How long a run waits for another one that publishes.
        largest_sample_rows: Most persons that are brought to the driver.
        thresholds: Disclosure thresholds.
        exemptions: What the data owner exempts from a rule, with the reason.
        unregistered: What happens to outcomes where a plan was never registered:
            `refuse` stops the job, `mark` marks all that it makes.
        spark: Spark settings.
    """

    out: Path
    lake: str
    tracking_uri: str
    jars: str = ""
    pseudonym_key_file: Path | None = None
    retention_days: int = Field(3653, ge=1)
    wait_seconds: int = Field(600, ge=0)
    largest_sample_rows: int = Field(2_000_000, ge=1)
    thresholds: Thresholds = Thresholds()
    exemptions: tuple[Exemption, ...] = ()
    unregistered: Literal["refuse", "mark"] = "mark"
    spark: SparkSettings = SparkSettings()

    def exempted(self, experiment: str) -> tuple[Exemption, ...]:
        """Return the exemptions that hold for an experiment."""
        return tuple(e for e in self.exemptions if e.experiment in (None, experiment))


def read_settings(root: Path) -> Settings:
    """Read `conf/base/settings.yaml`, with `conf/local/settings.yaml` over it.

    Args:
        root: Folder that holds `conf/`.

    Returns:
        The settings; places that are relative are made relative to `root`. The
        environment variable RCTSPARK_CONF may name another file that takes the place
        of `conf/local/settings.yaml`.

    Raises:
        ConfigError: A file is missing or has faults.
    """
    local = root / "conf" / "local" / "settings.yaml"
    named = os.environ.get(PLACE)
    above = [type(root)(named)] if named else [local] if local.is_file() else []
    read = overlay_documents(
        [root / "conf" / "base" / "settings.yaml", *above], Settings
    )
    key = read.pseudonym_key_file
    return read.model_copy(
        update={
            "out": root / read.out,
            "lake": _placed(read.lake, root),
            "tracking_uri": _placed(read.tracking_uri, root),
            "pseudonym_key_file": root / key if key else None,
        }
    )


def _placed(place: str, root: Path) -> str:
    """Make a relative path absolute, also that of SQLite; leave other addresses."""
    if place.startswith(SQLITE):
        return f"{SQLITE}{root.resolve() / place.removeprefix(SQLITE)}"
    return place if "://" in place else str(root.resolve() / place)
