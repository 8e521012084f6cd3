"""How a plan's persons are drawn into arms."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class SiteDraw(Document):
    """The rule of one site.

    Attributes:
        ratio: Arm to a whole number: 1 and 1 is one half each.
        strata: Columns of the list of applicants whose values make a stratum. Empty:
            everyone of the site is one stratum.
        misfits: How the persons are dealt who are left over in their stratum:
            `balanced` over all strata and within each of the columns, `strata`: within
            each stratum by itself, `global`: together as if they were one stratum.
        late: Stratum of those whose values were not known in time. None: everyone's
            must be known.
    """

    ratio: dict[str, int] = Field(min_length=2)
    strata: tuple[str, ...] = ()
    misfits: Literal["balanced", "strata", "global"] = "balanced"
    late: Name | None = None

    @model_validator(mode="after")
    def _ratios_are_positive(self) -> Self:
        if any(number < 1 for number in self.ratio.values()):
            raise ValueError("a ratio is a whole number of at least 1")
        if self.late and not self.strata:
            raise ValueError("late is for sites with strata")
        return self


class DrawPlan(Document):
    """The draw of an experiment, from a list of applicants.

    Attributes:
        drawn_on: Day of the draw.
        identifier: Columns of the list that together name a person.
        site: Column that names the site. None: there is one site, whatever its name.
        late: Column that holds J for those whose values were not known in time.
        sites: Site to its rule, in the order in which they are drawn.
        balance: Columns whose balance over the arms is reported besides the strata.
    """

    drawn_on: date
    identifier: tuple[str, ...] = Field(min_length=1)
    site: str | None = None
    late: str | None = None
    sites: dict[str, SiteDraw] = Field(min_length=1)
    balance: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sites_and_lateness_have_columns(self) -> Self:
        faults = []
        if self.site is None and len(self.sites) > 1:
            faults.append("several sites need a column that names the site")
        if self.late is None and any(rule.late for rule in self.sites.values()):
            faults.append("a stratum of late arrivals needs a column that says who is")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the list of applicants must have."""
        extra = tuple(c for c in (self.site, self.late) if c is not None)
        strata = tuple(c for rule in self.sites.values() for c in rule.strata)
        return tuple(dict.fromkeys((*self.identifier, *extra, *strata, *self.balance)))

    @property
    def shares(self) -> dict[str, dict[str, float]]:
        """Share of each arm that a site's rule intends, by site."""
        return {
            site: {arm: n / sum(rule.ratio.values()) for arm, n in rule.ratio.items()}
            for site, rule in self.sites.items()
        }
