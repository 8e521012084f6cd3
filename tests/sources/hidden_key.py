"""Make pseudonyms in a session that logs its events and shows its pages.

Called by `test_key_is_hidden.py` as `python hidden_key.py <folder>`: writes there all
that Spark tells of the queries - plans, pages, event log - for the key to be sought in.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from rctspark.sources.identity import attach_pseudonyms, make_pads

PAGES = ("SQL/", "jobs/", "stages/", "environment/", "executors/", "storage/")


def main(folder, key):
    os.environ.pop("SPARK_HOME", None)
    spark = (
        SparkSession.builder.master("local[1]")
        .appName("hidden key")
        .config("spark.ui.enabled", "true")
        .config("spark.ui.port", "0")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.eventLog.enabled", "true")
        .config("spark.eventLog.compress", "false")
        .config("spark.eventLog.logBlockUpdates.enabled", "true")
        .config("spark.eventLog.dir", folder.as_uri())
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.maxPlanStringLength", str(1 << 24))
        .config("spark.sql.debug.maxToStringFields", "10000")
        .getOrCreate()
    )
    rows = spark.range(5).withColumn("id", F.lpad(F.col("id").cast("string"), 9, "0"))
    named = attach_pseudonyms(
        rows,
        make_pads(spark, key),
        texts={"person_id": F.col("id")},
        kind={"person_id": "opaque"},
    )
    named.write.mode("overwrite").parquet(str(folder / "rows"))
    ids = sorted(row["person_id"] for row in named.collect())
    said = [named._jdf.queryExecution().toString()]
    said += [
        named._jdf.queryExecution().explainString(
            spark._jvm.org.apache.spark.sql.execution.ExplainMode.fromString(mode)
        )
        for mode in ("simple", "extended", "codegen", "cost", "formatted")
    ]
    address = spark.sparkContext.uiWebUrl
    n_queries = spark._jsparkSession.sharedState().statusStore().executionsCount()
    api = f"/api/v1/applications/{spark.sparkContext.applicationId}"
    places = [f"/{page}" for page in PAGES]
    places += [f"/SQL/execution/?id={i}" for i in range(n_queries)]
    places += [f"{api}/sql?details=true&planDescription=true", f"{api}/environment"]
    for place in places:
        with urllib.request.urlopen(address + place) as page:  # noqa: S310
            said.append(page.read().decode())
    (folder / "said.txt").write_text("\n".join(said))
    (folder / "facts.json").write_text(
        json.dumps({"ids": ids, "queries": int(n_queries), "pages": len(places)})
    )
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].encode())
