"""Draw applicants into the arms of a plan, once, so that anybody can repeat it.

Reads:   a list of applicants; the plan's section `draw`
Writes:  out/draws/<plan>/<list>-<number>/: arms.csv, balance.csv, record.json
Run:     python jobs/draw_arms.py --plan www --applicants list.csv --seed 20180504
Repeat:  python jobs/draw_arms.py --plan www --applicants list.csv --verify record.json
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rctspark.config import read_plan, read_settings
from rctspark.errors import PlanError, RctsparkError, listed
from rctspark.estimators.randomised.draw import draw_sites, draw_strata
from rctspark.estimators.randomised.misfits import Dealing
from rctspark.runtime.releases import code_version
from rctspark.trial.applicants import margins_of, read_applicants
from rctspark.trial.draw_record import (
    BALANCE,
    DrawRecord,
    read_record,
    record_faults,
    require_first,
    sizes_of,
    write_draw,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config import Plan
    from rctspark.config.plan import DrawPlan
    from rctspark.estimators.randomised.draw import Draw
    from rctspark.trial.applicants import Applicants


def main(argv: list[str] | None = None) -> int:
    """Draw, or repeat a draw and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True)
    parser.add_argument("--applicants", type=Path, required=True)
    parser.add_argument("--seed", type=int, help="of a new draw; chosen in public")
    parser.add_argument("--again", default="", help="reason for a second draw")
    parser.add_argument("--verify", type=Path, help="record of the draw to repeat")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of conf/")
    arguments = parser.parse_args(argv)
    try:
        sys.stdout.write(_drawn(arguments))
    except RctsparkError as error:
        sys.stderr.write(f"draw_arms stopped. {error}\n")
        return error.exit_code
    return 0


def _drawn(arguments: argparse.Namespace) -> str:
    path = Path(arguments.plan)
    if path.suffix != ".yaml":
        path = arguments.root / "conf" / "experiments" / f"{arguments.plan}.yaml"
    plan = read_plan(path)
    if plan.draw is None:
        raise PlanError(f"Plan {plan.name} draws nobody: it has no section `draw`.")
    applicants = read_applicants(arguments.applicants, plan.draw)
    if arguments.verify:
        kept = read_record(arguments.verify)
        again, _ = draw_applicants(
            plan, plan.draw, applicants, seed=kept.seed, number=kept.number
        )
        faults = record_faults(kept, again)
        if faults:
            raise PlanError(f"The draw does not repeat:\n{listed(faults)}")
        return f"The same {again.persons} persons come into the same arms.\n"
    if arguments.seed is None:
        raise PlanError("Give the seed of the draw with --seed.")
    folder = read_settings(arguments.root).out / "draws" / plan.name
    number = require_first(folder, applicants.sha256, again_because=arguments.again)
    record, arm = draw_applicants(
        plan,
        plan.draw,
        applicants,
        seed=arguments.seed,
        number=number,
        reason=arguments.again,
    )
    place = write_draw(folder, record, applicants, arm, plan.draw)
    balance = (place / BALANCE).read_text(encoding="utf-8")
    return f"{balance}Drawn: {record.sizes}\nKept in {place}\n"


def draw_applicants(
    plan: Plan,
    draw: DrawPlan,
    applicants: Applicants,
    *,
    seed: int,
    number: int,
    reason: str = "",
) -> tuple[DrawRecord, list[str]]:
    """Draw everyone on the list.

    Args:
        plan: The analysis plan.
        draw: Its draw.
        applicants: The list.
        seed: Seed of the random numbers.
        number: Number of the draw on this list.
        reason: Why it is drawn again.

    Returns:
        The record, and the arm of each person in the order of the list.
    """
    arms = plan.arms.all
    here = {site: draw.sites[site] for site in draw.sites if site in applicants.site}
    draws = {site: site_draw(applicants, draw, site, arms) for site in here}
    random = np.random.Generator(np.random.PCG64(seed))
    codes = draw_sites(random, 1, site=applicants.site, draws=draws)[0]
    arm = [arms[code] for code in codes]
    return DrawRecord(
        plan=plan.name,
        plan_hash=plan.hash,
        rule=draw.model_dump(mode="json"),
        seed=seed,
        generator=f"PCG64, numpy {np.__version__}",
        list_sha256=applicants.sha256,
        arms_sha256=hashlib.sha256("\n".join(arm).encode()).hexdigest(),
        persons=applicants.size,
        sizes=sizes_of(applicants, arm),
        number=number,
        reason=reason,
        code_version=code_version(),
    ), arm


def site_draw(
    applicants: Applicants, draw: DrawPlan, site: str, arms: tuple[str, ...]
) -> Draw:
    """Settle the draw of one site; positions are those of the plan's arms.

    Args:
        applicants: The list.
        draw: The plan's draw.
        site: One of its sites.
        arms: Arms of the plan, control first.

    Returns:
        Randomness and times in, positions of arms out.
    """
    rule = draw.sites[site]
    members = applicants.site == site
    dealing = Dealing(tuple(rule.ratio.values()), rule.misfits)
    within = partial(
        draw_strata,
        strata=applicants.stratum[members],
        dealing=dealing,
        margins=margins_of(applicants, members, rule),
    )
    places = np.array([arms.index(name) for name in rule.ratio], dtype=np.int8)

    def drawn(random: np.random.Generator, times: int) -> NDArray[np.int8]:
        found: NDArray[np.int8] = places[within(random, times)]
        return found

    return drawn


if __name__ == "__main__":
    sys.exit(main())
