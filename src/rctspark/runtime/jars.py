"""Delta's jars: resolved once, checked against committed digests."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rctspark.errors import MachineError, listed

COORDINATE = "io.delta:delta-spark_4.1_2.13:4.4.0"
BROUGHT_BY_SPARK = (
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "io.unitycatalog:unitycatalog-client",
    "io.unitycatalog:unitycatalog-hadoop",
    "org.locationtech.jts:jts-core",
    "org.roaringbitmap:RoaringBitmap",
)


def expected_jars(digests: Path) -> dict[str, str]:
    """Read the committed digests.

    Args:
        digests: Lines of SHA-256 and file name.

    Returns:
        File name to digest.
    """
    lines = digests.read_text(encoding="ascii").split("\n")
    pairs = (line.split() for line in lines if line)
    return {name: digest for digest, name in pairs}


def jar_faults(folder: Path, expected: dict[str, str]) -> list[str]:
    """Compare the jars of a folder with their digests.

    Args:
        folder: Where they lie.
        expected: File name to SHA-256.

    Returns:
        A sentence per jar that is missing or is another file; empty if all is well.
    """
    faults = []
    for name, digest in expected.items():
        jar = folder / name
        if not jar.is_file():
            faults.append(f"{name} is missing")
        elif hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
            faults.append(f"{name} is not the file that was tested")
    return faults


def require_jars(folder: Path, digests: Path) -> list[Path]:
    """Return the jars, or say what to do.

    Args:
        folder: Where they lie.
        digests: The committed digests.

    Returns:
        Paths of the jars.

    Raises:
        MachineError: A jar is missing or is another file.
    """
    expected = expected_jars(digests)
    faults = jar_faults(folder, expected)
    if faults:
        raise MachineError(
            f"Delta's jars in {folder} can't be used; run `make setup`, or copy the "
            f"folder from a machine that has them:\n{listed(faults)}"
        )
    return [folder / name for name in expected]


def resolve_jars(folder: Path, digests: Path) -> bool:
    """Fetch the jars once, with Spark's own resolver, from where it is pointed to.

    Args:
        folder: Where to put them.
        digests: The committed digests.

    Returns:
        Whether anything was fetched.

    Raises:
        MachineError: They can't be had, or are other files than were tested.
    """
    expected = expected_jars(digests)
    if not jar_faults(folder, expected):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as cache:
        _fetch(Path(cache))
        for name in expected:
            for jar in Path(cache, "jars").glob(name):
                shutil.copyfile(jar, folder / name)
    require_jars(folder, digests)
    return True


def _fetch(cache: Path) -> None:
    """Let a Spark of its own resolve them: what the resolver prints is not shown."""
    command = [sys.executable, "-m", "rctspark.runtime.jars", str(cache)]
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 (ours)
    if done.returncode:
        raise MachineError(
            f"{COORDINATE} could not be resolved: check the network, or point Spark "
            "at a mirror with DEFAULT_ARTIFACT_REPOSITORY, or copy the .jars folder "
            "from a machine that has it."
        )


def _resolve(cache: str) -> None:
    from pyspark.sql import SparkSession  # noqa: PLC0415 (slow to import)

    (
        SparkSession.builder.master("local[1]")
        .config("spark.jars.packages", COORDINATE)
        .config("spark.jars.excludes", ",".join(BROUGHT_BY_SPARK))
        .config("spark.jars.ivy", cache)
        .config("spark.ui.enabled", "false")
        .getOrCreate()
        .stop()
    )


if __name__ == "__main__":
    _resolve(sys.argv[1])
