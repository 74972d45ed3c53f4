"""Kept rows are computed once, and what is built on them is planned from where they are kept."""

from spark_jobs.persisted import persisted


def test_kept_rows_stay_what_they_were_at_their_first_use(spark):
    made = spark.range(3).selectExpr("id", "uuid() as name")
    with persisted(made) as kept:
        assert kept.collect() == kept.collect()
    assert not made.is_cached


def test_what_is_built_on_kept_rows_is_planned_from_there(spark):
    def planned_on(rows):
        return rows.where("id > 0")._jdf.queryExecution().analyzed().child().getClass().getSimpleName()

    made = spark.range(3).selectExpr("id", "id * 2 as twice")
    assert planned_on(made) == "Project"
    with persisted(made) as kept:
        assert planned_on(kept) == "InMemoryRelation"
        assert [tuple(row) for row in kept.where("id > 0").collect()] == [(1, 2), (2, 4)]
