"""A table's log is cut where it is asked to be, and what is left of it can be read and cut again."""

from __future__ import annotations

import pytest

from spark_jobs.lake import append_rows, create_table, oldest_version, read_table
from spark_jobs.purge import cut_log


@pytest.mark.parametrize(("cuts", "oldest"), [([2], 2), ([2, 3], 3), ([2, 0], 2)])
def test_a_log_begins_where_it_was_cut_last_and_never_again_before(spark, tmp_path, cuts, oldest):
    path = str(tmp_path / "table")
    create_table(spark, path, {"id": "bigint"})
    for _ in range(3):
        append_rows(spark.range(2), path)
    for first in cuts:
        cut_log(spark, path, first)
    assert oldest_version(spark, path) == oldest
    assert read_table(spark, path).count() == 6
