"""One Spark session: the cluster's under spark-submit, a local one otherwise."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from rctspark.errors import MachineError
from rctspark.runtime.jars import require_jars
from rctspark.runtime.java import find_java, launched_quietly

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pyspark.sql import SparkSession

    from rctspark.config import Settings

UNDER_SUBMIT = "PYSPARK_GATEWAY_PORT"


def start_session(settings: Settings, root: Path, *, name: str) -> SparkSession:
    """Start Spark, or join the session that there is.

    A local session leaves what Spark makes beside our tables below `out`: its
    warehouse, which holds nothing, as every table of ours has a path of its own.

    Args:
        settings: Settings of the run.
        root: Folder of the project: where set-up put jars and Java.
        name: Name that the cluster shows.

    Returns:
        A session that can read and write Delta tables.

    Raises:
        MachineError: Java or jars are missing, or Spark does not start.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    conf = dict(settings.spark.conf)
    launch: AbstractContextManager[None] = nullcontext()
    if UNDER_SUBMIT not in os.environ:
        conf |= settings.spark.local | _local_files(settings, root)
        launch = launched_quietly(settings.out.resolve() / ".java")
    from pyspark.sql import SparkSession  # noqa: PLC0415 (slow to import)

    # pyspark prints every analysis error as a page of JSON, raw values included.
    for name_of_logger in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        logging.getLogger(name_of_logger).disabled = True
    # Moments are collected in the zone of the process; all of ours are UTC.
    os.environ["TZ"] = "UTC"
    time.tzset()
    builder = SparkSession.builder.appName(name)
    for key, value in conf.items():
        builder = builder.config(key, value)
    try:
        with launch:
            return builder.getOrCreate()
    except Exception as broken:  # noqa: BLE001 (the JVM fails in many ways)
        raise MachineError(
            f"Spark did not start ({type(broken).__name__}): check that Java runs, "
            "that there is memory for spark.driver.memory, and disk for temporary "
            "files."
        ) from None


def _local_files(settings: Settings, root: Path) -> dict[str, str]:
    os.environ["JAVA_HOME"] = str(find_java(root / ".java"))
    warehouse = settings.out.resolve() / ".warehouse"
    conf = {"spark.sql.warehouse.dir": warehouse.as_uri()}
    if settings.jars:
        jars = require_jars(root / settings.jars, root / "conf/base/jars.sha256")
        conf["spark.jars"] = ",".join(str(jar) for jar in jars)
    log4j = root / "conf" / "base" / "log4j2.properties"
    options = settings.spark.local.get("spark.driver.extraJavaOptions", "")
    conf["spark.driver.extraJavaOptions"] = (
        f"-Dlog4j2.configurationFile={log4j.as_uri()} {options}"
    )
    return conf
