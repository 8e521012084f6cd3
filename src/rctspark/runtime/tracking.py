"""Tracked analyses: what MLflow keeps of a run.

One MLflow experiment per trial; in it a parent run per analysis and, below that, a
run per outcome, model and population with horizons as steps and arms in the names of
the metrics, and one per duration, method and model. Nothing about a single person is
logged, and no model: a fitted one holds its data.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.runtime.tracking_failures import reaching
from rctspark.runtime.tracking_note import describe_analysis
from rctspark.runtime.tracking_numbers import (
    analysis_tags,
    effects_table,
    may_be_shown,
    parent_metrics,
)
from rctspark.runtime.tracking_parts import parts_of
from rctspark.runtime.tracking_place import (
    NOTE,
    holding_tracking,
    open_experiment,
    open_tracking,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect
    from rctspark.contracts.operation import AnalysisRecord, TrackedResults
    from rctspark.runtime.tracking_parts import Part

METRICS_A_BATCH = 1000
DIGEST_LENGTH = 16
PART = "part"
ANALYSIS = "analysis"


def track_analysis(
    tracking_uri: str,
    *,
    plan: Plan,
    results: TrackedResults,
    record: AnalysisRecord,
    artifacts: Sequence[Path],
    thresholds: Thresholds,
) -> str:
    """Track one analysis; an analysis of the same inputs is tracked once.

    Args:
        tracking_uri: Where MLflow keeps runs: `sqlite:///out/mlflow.db`, or a server.
        plan: The analysis plan.
        results: What the analysis found and may leave. Effects behind which stand too
            few persons or degrees of freedom all the same are counted and not logged.
        record: What the analysis rests on.
        artifacts: Files to keep beside it: figures, with nothing of a single person.
        thresholds: The data owner's.

    Returns:
        The id of the parent run, also where it had been tracked before.

    Raises:
        StoreError: Another run held the same analysis for too long, or MLflow can't
            be reached.
    """
    shown = tuple(e for e in results.effects if may_be_shown(e, thresholds))
    withheld = results.n_withheld + len(results.effects) - len(shown)
    kept = replace(results, effects=shown)
    tags = analysis_tags(plan, record)
    with (
        reaching(tracking_uri),
        holding_tracking(tracking_uri, f"mlflow-{record.inputs}"),
    ):
        client = open_tracking(tracking_uri)
        experiment_id = open_experiment(client, tracking_uri, plan)
        found = _find_or_clear(client, experiment_id, record)
        if found is not None:
            return found
        run_id = _create_run(
            client,
            experiment_id,
            name=f"{record.data_version}, plan {plan.hash[:8]}",
            tags=tags | {PART: ANALYSIS},
        )
        try:
            note = describe_analysis(
                plan,
                shown,
                record=record,
                n_withheld=withheld,
                minimum_persons=thresholds.minimum_persons,
            )
            client.set_tag(run_id, NOTE, note)
            _log_parent(client, run_id, plan, shown, record, thresholds)
            client.log_metric(run_id, "effects_withheld", withheld)
            for path in artifacts:
                client.log_artifact(run_id, str(path))
            for part in parts_of(plan, kept, record):
                _log_part(client, run_id, experiment_id, part, tags)
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id)
    return run_id


def _find_or_clear(
    client: MlflowClient, experiment_id: str, record: AnalysisRecord
) -> str | None:
    """Return the finished run of the same inputs; take away unfinished ones.

    Whoever asks holds the lock of these inputs, so a run of theirs that is not
    finished was left by a process that died.
    """
    runs = client.search_runs(
        [experiment_id], filter_string=f"tags.inputs = '{record.inputs}'"
    )
    parents = [run for run in runs if run.data.tags.get(PART) == ANALYSIS]
    finished = [run for run in parents if run.info.status == "FINISHED"]
    if finished:
        return str(finished[0].info.run_id)
    for run in runs:
        client.delete_run(run.info.run_id)
    return None


def _create_run(
    client: MlflowClient, experiment_id: str, *, name: str, tags: Mapping[str, str]
) -> str:
    run = client.create_run(experiment_id, run_name=name, tags=dict(tags))
    return str(run.info.run_id)


def _log_parent(
    client: MlflowClient,
    run_id: str,
    plan: Plan,
    effects: Sequence[Effect],
    record: AnalysisRecord,
    thresholds: Thresholds,
) -> None:
    metrics = parent_metrics(plan, effects, record, thresholds)
    _log_metrics(client, run_id, [(name, value, 0) for name, value in metrics.items()])
    inference = plan.inference
    params = {
        "estimand": ", ".join(sorted({e.estimand for e in effects})),
        "covariance": inference.covariance,
        "level": inference.level,
        "control": plan.arms.control,
        "models": ", ".join(m.name for m in plan.models),
    }
    _log_params(client, run_id, params)
    if effects:
        client.log_table(run_id, effects_table(effects), "effects.json")
    client.log_inputs(run_id, datasets=_datasets(record))


def _log_part(
    client: MlflowClient,
    parent: str,
    experiment_id: str,
    part: Part,
    tags: Mapping[str, str],
) -> None:
    of_parent = {PART: "outcome", "mlflow.parentRunId": parent, NOTE: part.note}
    run = _create_run(client, experiment_id, name=part.name, tags={**tags, **of_parent})
    _log_params(client, run, part.params)
    _log_metrics(client, run, part.metrics)
    client.set_terminated(run)


def _log_metrics(
    client: MlflowClient, run_id: str, metrics: Sequence[tuple[str, float, int]]
) -> None:
    from mlflow.entities import Metric  # noqa: PLC0415 (slow to import)

    now = int(time.time() * 1000)
    for start in range(0, len(metrics), METRICS_A_BATCH):
        batch = metrics[start : start + METRICS_A_BATCH]
        client.log_batch(run_id, metrics=[Metric(n, v, now, h) for n, v, h in batch])


def _log_params(
    client: MlflowClient, run_id: str, params: Mapping[str, object]
) -> None:
    from mlflow.entities import Param  # noqa: PLC0415 (slow to import)

    client.log_batch(run_id, params=[Param(n, str(v)) for n, v in params.items()])


def _datasets(record: AnalysisRecord) -> list[DatasetInput]:
    """Name the table versions; the digest is ours, MLflow's is not of the data."""
    from mlflow.data.delta_dataset_source import (  # noqa: PLC0415 (slow to import)
        DeltaDatasetSource,
    )
    from mlflow.data.meta_dataset import MetaDataset  # noqa: PLC0415
    from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415

    inputs = []
    for table in record.tables:
        said = f"{record.data_version}\n{table.name}\n{table.path}\n{table.version}"
        meta = MetaDataset(  # type: ignore[abstract] # it has no profile to show
            DeltaDatasetSource(path=table.path, delta_table_version=table.version),
            name=table.name,
            digest=hashlib.sha256(said.encode()).hexdigest()[:DIGEST_LENGTH],
        )
        context = InputTag("mlflow.data.context", f"version {table.version}")
        inputs.append(DatasetInput(Dataset(**meta.to_dict()), [context]))
    return inputs
