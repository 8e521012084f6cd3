"""The wrapper of every job: arguments in, one readable line and an exit code out."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
import traceback
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.config import read_plan, read_settings
from rctspark.errors import MachineError, RctsparkError
from rctspark.runtime.logs import RunLog
from rctspark.runtime.run import Run, read_mappings, require_deliveries
from rctspark.runtime.session import start_session
from rctspark.runtime.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rctspark.config import Mapping, Settings

    Look = Callable[[Path, tuple[Mapping, ...]], object]

UNFORESEEN = 1
FREE_BYTES = 1 << 30


def run_job(
    build: Callable[[Run], None],
    *,
    doc: str | None,
    argv: Sequence[str] | None = None,
    look: Look | None = None,
) -> int:
    """Run one job as a process of its own.

    Args:
        build: What the job does.
        doc: Docstring of the job, for `--help`.
        argv: Arguments; None: those of the process.
        look: Called with the folder of deliveries and the plan's mappings before
            Spark is started, for jobs that read deliveries; raises where they can't
            be read. None: the job reads none.

    Returns:
        The exit code: 0; the code of a deliberate error; 1 where nobody foresaw it.
    """
    arguments = _parser(doc).parse_args(argv)
    name = build.__module__.rsplit(".", maxsplit=1)[-1]
    job = Path(sys.argv[0]).stem if name == "__main__" else name
    root = arguments.root.resolve()
    try:
        settings = read_settings(root)
        require_disk(settings.out)
    except RctsparkError as error:
        sys.stderr.write(f"{job} stopped. {error}\n")
        return error.exit_code
    log = RunLog(settings.out / "runs", arguments.run_id or _new_id(job))

    def start() -> Run:
        return _start(job, root, settings, arguments, log, look)

    return _logged(build, job, start, log)


def _logged(
    build: Callable[[Run], None], job: str, start: Callable[[], Run], log: RunLog
) -> int:
    started = time.monotonic()
    code = 0
    try:
        build(start())
    except RctsparkError as error:
        code = error.exit_code
        log.update(error=type(error).__name__)
        log.say(f"{job} stopped. {error}", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 (a text may carry a value of a row)
        code = UNFORESEEN
        places = [
            f"{Path(f.filename).name}:{f.lineno} {f.name}"
            for f in traceback.extract_tb(error.__traceback__)
        ]
        log.update(error=type(error).__name__)
        log.say(
            f"{job} stopped by an error that nobody foresaw: {type(error).__name__} at "
            f"{places[-1]}. Its text is not shown, because it may hold a person's "
            f"value; the way it came stands in {log.folder}/{log.run_id}.log.",
            error=type(error).__name__,
            places=places,
        )
    state = "done" if code == 0 else "failed"
    seconds = round(time.monotonic() - started, 1)
    log.update(state=state, exit_code=code, seconds=seconds)
    return code


def _start(
    job: str,
    root: Path,
    settings: Settings,
    arguments: argparse.Namespace,
    log: RunLog,
    look: Look | None,
) -> Run:
    plan = read_plan(_plan_file(arguments.plan, root))
    log.update(job=job, plan=plan.name, plan_hash=plan.hash)
    log.say(f"{job}: plan {plan.name} ({plan.hash}), run {log.run_id}")
    if look or arguments.deliveries is not None:
        folder = require_deliveries(arguments.deliveries)
        if look:
            look(folder, read_mappings(root, plan))
    spark = start_session(settings, root, name=f"rctspark {job}")
    log.say("Spark is up")
    return Run(
        job=job,
        id=log.run_id,
        root=root,
        settings=settings,
        plan=plan,
        deliveries=arguments.deliveries,
        is_rebuild=arguments.rebuild,
        is_masked=arguments.masked,
        is_registering=arguments.register,
        as_known_on=arguments.as_known_on,
        data_version=arguments.data_version,
        compared=tuple(arguments.compare) if arguments.compare else None,
        log=log,
        spark=spark,
        store=Store(spark, settings, log.say),
    )


def _plan_file(named: str, root: Path) -> Path:
    path = Path(named)
    if path.suffix == ".yaml":
        return path
    return root / "conf" / "experiments" / f"{named}.yaml"


def _parser(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plan", required=True, help="experiment, or a plan file")
    parser.add_argument("--deliveries", type=Path, help="folder of deliveries")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of conf/")
    parser.add_argument("--run-id", help="name of the run; a retry uses the same")
    parser.add_argument("--masked", action="store_true", help="hide small counts")
    parser.add_argument(
        "--register",
        action="store_true",
        help="for run_chain: put the plan on record first, where none is",
    )
    versions = parser.add_mutually_exclusive_group()
    versions.add_argument(
        "--as-known-on",
        type=date.fromisoformat,
        metavar="DAY",
        help="only what was delivered by this day, whatever the plan says",
    )
    versions.add_argument(
        "--data-version", metavar="NAME", help="this data version, used before"
    )
    versions.add_argument(
        "--compare",
        nargs=2,
        metavar=("FROM", "TO"),
        help="for compare_versions: two data versions, by name or day",
    )
    parser.add_argument("--rebuild", action="store_true", help="make everything again")
    return parser


def _new_id(job: str) -> str:
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}-{job}-{secrets.token_hex(2)}"


def require_disk(out: Path) -> None:
    """Stop before a run that has no room.

    Args:
        out: Folder that the run writes to.

    Raises:
        MachineError: Less than 1 GiB is free, or the folder can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out).free
    except OSError as broken:
        raise MachineError(
            f"{out} can't be written ({broken.strerror}): name another folder in "
            "conf/local/settings.yaml (out)."
        ) from None
    if free < FREE_BYTES:
        raise MachineError(
            f"{free >> 20} MiB are free under {out}, and a run needs at least 1 GiB: "
            "free some space, or name another folder in conf/local/settings.yaml."
        )
