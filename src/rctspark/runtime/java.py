"""Find a Java that Spark can run on, or say in one sentence what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPPORTED = (17, 21)
VERSION = re.compile(r'version "(?:1\.)?(\d+)')
LAUNCHER = """#!/bin/sh
# Without the incubator module that Spark asks for: nothing here uses it, Java warns of
# it at every start, and a runtime from PyPI lacks it.
for argument do
  shift
  case "$argument" in
    --add-modules=jdk.incubator.vector) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "{java}" "$@"
"""


def find_java(provided: Path) -> Path:
    """Return the home of the first Java of a supported version.

    Looks at JAVA_HOME, at what set-up provided, and at the command path, in this
    order.

    Args:
        provided: Folder in which set-up puts a Java of its own.

    Returns:
        The folder that holds `bin/java`.

    Raises:
        MachineError: None is there, or none has a supported version.
    """
    homes = [Path(home) for home in (os.environ.get("JAVA_HOME"),) if home]
    homes.append(provided)
    command = shutil.which("java")
    if command:
        homes.append(Path(command).resolve().parent.parent)
    found = {home: java_version(home) for home in homes}
    for home, version in found.items():
        if version in SUPPORTED:
            return home
    versions = ", ".join(str(v) for v in found.values() if v is not None) or "none"
    raise MachineError(
        f"Spark needs Java 17 or 21 and found {versions}: run `make java`, or set "
        "JAVA_HOME to one."
    )


def java_version(home: Path) -> int | None:
    """Return the major version of the Java in `home`; None: no Java runs there."""
    command = home / "bin" / "java"
    if not command.is_file():
        return None
    answer = subprocess.run(  # noqa: S603 (the path is ours or the user's own)
        [str(command), "-version"], capture_output=True, text=True, check=False
    )
    version = VERSION.search(answer.stderr)
    return int(version.group(1)) if version else None


def write_launcher(launcher: Path, java: Path) -> None:
    """Write a command that starts a Java without the module that Spark asks for.

    Args:
        launcher: Where; whoever starts Java by it meanwhile is not disturbed.
        java: The command that it calls.
    """
    launcher.parent.mkdir(parents=True, exist_ok=True)
    partial = launcher.with_suffix(f".{os.getpid()}")
    partial.write_text(LAUNCHER.format(java=java), encoding="utf-8")
    partial.chmod(0o755)
    partial.replace(launcher)


@contextmanager
def launched_quietly(folder: Path) -> Iterator[None]:
    """Let the Java at JAVA_HOME be started by a launcher of ours for a while.

    Args:
        folder: Where the launcher is put. Where nothing can be written or started
            there, Java is started as ever, and says what it says.
    """
    home = os.environ["JAVA_HOME"]
    launcher = folder / "bin" / "java"
    try:
        write_launcher(launcher, Path(home) / "bin" / "java")
        if os.access(launcher, os.X_OK):
            os.environ["JAVA_HOME"] = str(folder)
    except OSError:
        pass
    try:
        yield
    finally:
        os.environ["JAVA_HOME"] = home
