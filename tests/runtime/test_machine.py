"""What a machine may lack: one sentence each, no Spark."""

import hashlib
import os
import stat
import subprocess

import pytest

from rctspark.errors import IdentityError, MachineError
from rctspark.runtime import java, secret
from rctspark.runtime.jars import require_jars
from rctspark.runtime.java import find_java, launched_quietly
from rctspark.runtime.job import require_disk


def make_java(home, version):
    command = home / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    command.chmod(0o755)
    return home


def test_java_17_and_21_are_taken_and_others_named(tmp_path, monkeypatch):
    monkeypatch.setattr(java.shutil, "which", lambda _: None)
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "new", "25.0.1")))
    with pytest.raises(MachineError, match="found 25: run `make java`"):
        find_java(tmp_path / "none")
    own = make_java(tmp_path / "own", "21.0.8")
    assert find_java(own) == own
    monkeypatch.setenv("JAVA_HOME", str(make_java(tmp_path / "right", "17.0.15")))
    assert find_java(own) == tmp_path / "right"


def test_no_java_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(java.shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MachineError, match="found none") as fault:
        find_java(tmp_path)
    assert "\n" not in str(fault.value)


def test_java_is_started_without_the_module_that_it_warns_about(tmp_path, monkeypatch):
    home = make_java(tmp_path / "a home", "17.0.15")
    (home / "bin" / "java").write_text('#!/bin/sh\necho "$@"\n')
    monkeypatch.setenv("JAVA_HOME", str(home))
    folder = tmp_path / "out" / ".java"
    for _ in range(2):
        with launched_quietly(folder):
            command = f"{os.environ['JAVA_HOME']}/bin/java"
        assert os.environ["JAVA_HOME"] == str(home)
        ran = [command, "-Da=b c", "--add-modules=jdk.incubator.vector", "Main"]
        said = subprocess.run(ran, capture_output=True, text=True, check=True)
        assert said.stdout == "-Da=b c Main\n"
    assert [path.name for path in folder.glob("bin/*")] == ["java"]


def test_where_no_launcher_can_be_written_java_is_started_as_ever(
    tmp_path, monkeypatch
):
    home = make_java(tmp_path / "home", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(home))
    (tmp_path / "out").write_text("a file, where the folder should be")
    with launched_quietly(tmp_path / "out" / ".java"):
        assert os.environ["JAVA_HOME"] == str(home)
    with launched_quietly(tmp_path / ".java"):
        assert os.environ["JAVA_HOME"] == str(tmp_path / ".java")


def test_a_jar_that_is_missing_or_another_file_is_named(tmp_path):
    digest = hashlib.sha256(b"right").hexdigest()
    digests = tmp_path / "digests"
    digests.write_text(f"{digest}  a.jar\n{digest}  b.jar\n{digest}  c.jar\n")
    (tmp_path / "a.jar").write_bytes(b"right")
    (tmp_path / "b.jar").write_bytes(b"wrong")
    with pytest.raises(MachineError) as fault:
        require_jars(tmp_path, digests)
    assert "b.jar is not the file that was tested" in str(fault.value)
    assert "c.jar is missing" in str(fault.value)
    assert "a.jar" not in str(fault.value)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    usage = os.statvfs(tmp_path)
    assert usage
    monkeypatch.setattr(
        "rctspark.runtime.job.shutil.disk_usage",
        lambda _: type("Usage", (), {"free": 5 << 20})(),
    )
    with pytest.raises(MachineError, match="5 MiB are free"):
        require_disk(tmp_path)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path, monkeypatch):
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    path = tmp_path / "key"
    assert secret.make_key(path)
    key = secret.read_key(path)
    assert not secret.make_key(path)
    assert secret.read_key(path) == key
    assert len(key) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(IdentityError, match="chmod 600"):
        secret.read_key(path)


def test_without_a_key_nothing_is_pseudonymised(tmp_path, monkeypatch):
    monkeypatch.delenv(secret.VARIABLE, raising=False)
    with pytest.raises(IdentityError, match="There is no key"):
        secret.read_key(tmp_path / "none")
    monkeypatch.setenv(secret.VARIABLE, "from the environment")
    assert secret.read_key(None) == b"from the environment"
