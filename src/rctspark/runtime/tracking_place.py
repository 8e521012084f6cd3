"""Where MLflow keeps runs: database, experiment of a trial, links to its pages."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.runtime.locks import holding
from rctspark.runtime.tracking_failures import reaching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow import MlflowClient

    from rctspark.config import Plan

SQLITE = "sqlite:///"
ARTIFACTS = "mlflow-artifacts"
WAIT_SECONDS = 600.0
NOTE = "mlflow.note.content"


@dataclass(frozen=True, slots=True)
class TrackingLinks:
    """Where a person looks at a tracked analysis.

    Attributes:
        command: Starts the pages on this machine, for nobody else.
        experiment: All analyses of the trial.
        run: The analysis.
    """

    command: str
    experiment: str
    run: str


def tracking_links(
    tracking_uri: str, run_id: str, *, port: int = 5000
) -> TrackingLinks:
    """Say how to look at a tracked analysis on this machine.

    Args:
        tracking_uri: Where MLflow keeps runs.
        run_id: The parent run.
        port: Port for the pages; a server's own address takes its place.

    Returns:
        The command that starts the pages, and the links to them.
    """
    client = open_tracking(tracking_uri)
    experiment_id = client.get_run(run_id).info.experiment_id
    is_server = tracking_uri.startswith("http")
    host = tracking_uri.rstrip("/") if is_server else f"http://127.0.0.1:{port}"
    # Without it the pages open in a view for language models, where runs are hidden.
    view = "workflowType=machine_learning"
    page = f"{host}/#/experiments/{experiment_id}"
    command = (
        "mlflow server --host 127.0.0.1 "
        f"--port {port} --backend-store-uri {tracking_uri}"
    )
    return TrackingLinks(
        command="" if is_server else command,
        experiment=f"{page}/runs?{view}",
        run=f"{page}/runs/{run_id}?{view}",
    )


def open_tracking(tracking_uri: str) -> MlflowClient:
    """Open MLflow without telemetry and chatter, its database made once.

    The first time in a process this takes seconds.

    Args:
        tracking_uri: Where MLflow keeps runs.

    Returns:
        The client.

    Raises:
        StoreError: MLflow can't be reached.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from mlflow import MlflowClient  # noqa: PLC0415 (slow to import)

    for chatty in ("mlflow", "alembic"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    # Processes that make one database at once leave it broken.
    with reaching(tracking_uri), holding_tracking(tracking_uri, "mlflow-database"):
        client = MlflowClient(tracking_uri)
        client.search_experiments(max_results=1)
    return client


def open_experiment(client: MlflowClient, tracking_uri: str, plan: Plan) -> str:
    """Find the trial's experiment; make it or bring it back if need be.

    Args:
        client: What `open_tracking` returns.
        tracking_uri: Where MLflow keeps runs.
        plan: The trial's plan: its name, title and source.

    Returns:
        MLflow's number of the experiment.
    """
    with holding_tracking(tracking_uri, "mlflow-database"):
        found = client.get_experiment_by_name(plan.name)
        if found is None:
            is_local = tracking_uri.startswith(SQLITE)
            folder = _database(tracking_uri).parent / ARTIFACTS / plan.name
            experiment_id = client.create_experiment(
                plan.name, artifact_location=folder.as_uri() if is_local else None
            )
        else:
            experiment_id = found.experiment_id
            if found.lifecycle_stage == "deleted":
                client.restore_experiment(experiment_id)
    about = "\n\n".join(t for t in (plan.title, plan.description, plan.source) if t)
    client.set_experiment_tag(experiment_id, NOTE, about)
    kind = "custom_model_development"
    client.set_experiment_tag(experiment_id, "mlflow.experimentKind", kind)
    return experiment_id


@contextmanager
def holding_tracking(tracking_uri: str, scope: str) -> Iterator[None]:
    """Hold a lock beside the database; a server keeps its own order.

    Args:
        tracking_uri: Where MLflow keeps runs.
        scope: What is held.
    """
    if not tracking_uri.startswith(SQLITE):
        yield
        return
    folder = _database(tracking_uri).parent
    folder.mkdir(parents=True, exist_ok=True)
    with holding(str(folder), scope, WAIT_SECONDS, _say_nothing):
        yield


def _say_nothing(words: str) -> None:
    """Waiting for another analysis is short, and needs no line in the log."""


def _database(tracking_uri: str) -> Path:
    return Path(tracking_uri.removeprefix(SQLITE)).resolve()
