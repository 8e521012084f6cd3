"""Delete the files of older versions, as a data owner would."""

from contextlib import contextmanager

SETTINGS = {
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # Its default lists a folder of one file in 10,000 tasks.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "1",
}


def vacuum(spark, path):
    """Delete what the newest version of a table does not need."""
    with setting(spark):
        spark.sql(f"VACUUM delta.`{path}` RETAIN 0 HOURS")


@contextmanager
def setting(spark):
    """Set what that takes, for as long as it takes."""
    before = {name: spark.conf.get(name, None) for name in SETTINGS}
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, value)
