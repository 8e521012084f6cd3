"""When MLflow fails, one sentence says where, of what kind and what to do."""

import pytest

from rctspark.errors import StoreError
from rctspark.runtime.tracking_place import open_tracking


def test_a_server_that_does_not_answer_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(StoreError) as raised:
        open_tracking("http://ann:secret@127.0.0.1:9")
    words = str(raised.value)
    assert words.startswith("MLflow at http://127.0.0.1:9 can't be reached")
    assert "run the job again" in words
    assert "secret" not in words
    assert raised.value.exit_code == 17


def test_a_file_that_is_no_database_is_named_with_the_kind_of_failure(tmp_path):
    (tmp_path / "mlflow.db").write_text("no database\n" * 200)
    with pytest.raises(StoreError, match=r"mlflow\.db .*\(DatabaseError\)"):
        open_tracking(f"sqlite:///{tmp_path / 'mlflow.db'}")
