"""The jobs as a cluster runs them: spark-submit, the package as a zip, executors apart."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from deltalake import DeltaTable

from places import write_settings
from processes import FILE, deliver

pytestmark = [pytest.mark.long, pytest.mark.spark]
TWO_WORKERS = "local-cluster[2,1,1024]"


def submit(root, place, *arguments):
    """Run a job by spark-submit on a cluster of two workers; return code and output."""
    package = shutil.make_archive(
        str(place / "rctspark"), "zip", root / "src", "rctspark"
    )
    jars = ",".join(str(jar) for jar in sorted((root / ".jars").glob("*.jar")))
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    command += ["--master", TWO_WORKERS, "--driver-memory", "2g"]
    command += ["--jars", jars, "--py-files", package]
    command += [str(argument) for argument in arguments]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
        "RCTSPARK_CONF": str(write_settings(place)),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    ended = subprocess.run(
        command, env=environment, cwd=root, capture_output=True, text=True, check=False
    )
    # Workers of such a cluster keep their logs inside Spark's own folder.
    shutil.rmtree(Path(pyspark.__file__).parent / "work", ignore_errors=True)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_chain_runs_unchanged_where_executors_are_processes_of_their_own(
    root, shared, tmp_path
):
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text("5e" * 32)
    lines = (shared / "data" / FILE).read_text().splitlines()
    deliveries = deliver(tmp_path / "deliveries", lines)
    code, said = submit(
        root,
        tmp_path,
        root / "jobs" / "run_chain.py",
        *("--plan", "penn", "--deliveries", deliveries),
    )
    assert code == 0, said[-3000:]
    effects = DeltaTable(
        tmp_path / "out" / "lake" / "experiments" / "penn" / "effects"
    ).to_pandas()
    (found,) = effects[
        (effects["population"] == "bonus_4_and_control")
        & (effects["outcome"] == "log_weeks")
        & (effects["model"] == "unadjusted")
    ].itertuples()
    assert f"{found.estimate:.8f} {found.std_error:.8f}" == "-0.08545541 0.03585569"
    assert (tmp_path / "out" / "report" / "penn" / "index.html").is_file()
    assert "CoarseGrainedExecutorBackend" in said, "no executor of its own ever ran"
