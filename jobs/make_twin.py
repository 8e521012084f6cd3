"""Write made-up registers of a published experiment, and the truth apart from them.

Reads:   nothing
Writes:  <folder>/<register>/*, <folder>-truth/*
Run:     python jobs/make_twin.py --experiment ww --folder out/deliveries/ww [--interim]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rctspark.errors import RctsparkError
from rctspark.runtime.releases import code_version
from rctspark.twin import find_interim, find_twin

MADE = "made.json"


def main(argv: list[str] | None = None) -> int:
    """Write the twin, unless the same one lies there already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument(
        "--interim",
        action="store_true",
        help="add what had been delivered on earlier days, for monitoring",
    )
    arguments = parser.parse_args(argv)
    try:
        return _write(arguments)
    except RctsparkError as error:
        sys.stderr.write(f"make_twin stopped. {error}\n")
        return error.exit_code


def _write(arguments: argparse.Namespace) -> int:
    write, seed = find_twin(arguments.experiment)
    seed = arguments.seed or seed
    truth = arguments.folder.with_name(f"{arguments.folder.name}-truth")
    add = find_interim(arguments.experiment) if arguments.interim else None
    said = {"seed": seed, "scale": arguments.scale, "code": code_version()}
    if add is not None:
        said["interim"] = True
    made = truth / MADE
    if made.is_file() and json.loads(made.read_text()) == said:
        sys.stderr.write(f"         registers of {arguments.experiment} lie ready\n")
        return 0
    started = time.monotonic()
    summary = write(arguments.folder, truth=truth, seed=seed, scale=arguments.scale)
    rows = sum(summary.rows_per_register.values())
    if add is not None:
        added = add(arguments.folder, seed=seed, scale=arguments.scale)
        rows += sum(added.values())
    made.write_text(json.dumps(said), encoding="utf-8")
    sys.stderr.write(
        f"{time.monotonic() - started:7.1f} s  made up {rows:,} rows about "
        f"{summary.persons:,} persons, {summary.enrolled:,} of them enrolled "
        f"(SYNTHETIC), in {arguments.folder}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
