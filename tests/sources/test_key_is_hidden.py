"""The key of the pseudonyms: in no plan, no event log, no page of Spark's."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys

import pytest

KEY = b"canary-key-of-forty-bytes-never-a-secret"


@pytest.fixture(scope="module")
def told(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hidden")
    script = root / "tests" / "sources" / "hidden_key.py"
    ended = subprocess.run(
        [sys.executable, str(script), str(folder), KEY.decode()],
        env=os.environ | {"PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    events = [p for p in folder.rglob("*") if p.is_file() and "local-" in p.name]
    texts = {"said": (folder / "said.txt").read_text(), "output": ended.stderr}
    texts["events"] = "\n".join(p.read_text(errors="replace") for p in events)
    return texts, json.loads((folder / "facts.json").read_text())


def pad(byte):
    return bytes(b ^ byte for b in KEY.ljust(64, b"\0"))


def forms(secret):
    """The ways in which bytes get into texts."""
    signed = [b - 256 if b > 127 else b for b in secret[:12]]
    return {
        "text": secret.decode("latin-1")[:20],
        "hex": secret.hex()[:32],
        "HEX": secret.hex().upper()[:32],
        "spaced hex": secret[:12].hex(" ").upper(),
        "base64": base64.b64encode(secret).decode()[:30],
        "list": ", ".join(map(str, signed)),
        "compact list": ",".join(map(str, signed)),
    }


@pytest.mark.spark
def test_spark_tells_of_the_queries_at_all(told):
    texts, facts = told
    assert facts["queries"] >= 2
    assert "sha2" in texts["said"]
    assert "SparkListenerSQLExecutionStart" in texts["events"]
    digest = hmac.new(KEY, b"opaque:000000003", hashlib.sha256).digest()
    assert int.from_bytes(digest[:8], "big") >> 1 in facts["ids"]


@pytest.mark.spark
@pytest.mark.parametrize("part", ["key", "inner pad", "outer pad"])
@pytest.mark.parametrize("where", ["said", "events", "output"])
def test_the_key_stands_nowhere(told, part, where):
    secret = {"key": KEY, "inner pad": pad(0x36), "outer pad": pad(0x5C)}[part]
    text = told[0][where]
    assert [name for name, form in forms(secret).items() if form in text] == []
