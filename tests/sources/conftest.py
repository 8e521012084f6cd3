"""One delivered file, conformed."""

from __future__ import annotations

import pytest

from rctspark.config.mapping import FEEDABLE
from rctspark.sources.delivered import find_deliveries
from rctspark.sources.identity import make_pads
from rctspark.sources.load import Load, conform_loads, repeated_in
from rctspark.sources.repeated import merge_repeated

KEY = b"a key for tests, of 40 bytes, not a secret"


@pytest.fixture
def conform_file(spark, tmp_path):
    """Write one file, load it by its mapping; return staged rows and the rows meant."""

    def conformed(text, mapping, name):
        (tmp_path / mapping.folder).mkdir(exist_ok=True)
        (tmp_path / mapping.folder / name).write_text(text)
        (file,) = find_deliveries(tmp_path, [mapping])
        feed = mapping.feeds[0]
        load = Load(file, feed.table, mapping.feeds)
        rows, (counter,) = conform_loads(spark, make_pads(spark, KEY), [load])
        out = str(tmp_path / "judged")
        rows.write.mode("overwrite").parquet(out)
        judged = spark.read.schema(rows.schema).parquet(out)
        staged = merge_repeated(
            judged, table=FEEDABLE[feed.table], how=repeated_in([load])
        )
        return staged, counter.get[load.delivery_id]

    return conformed
