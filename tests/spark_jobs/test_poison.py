"""A message that kills its batch is found among the others; a fault that is no message's is not blamed on one."""

import pytest
from pyspark.sql import functions as F

from spark_jobs import poison
from spark_jobs.poison import culprits
from weir.error import WeirError


def dies_on(*seqs):
    """A pipeline that raises on the rows of those seqs, as an expression that cannot be computed would."""
    message = F.raise_error(F.lit("poison")).cast("string")
    return lambda raw: raw.withColumn(
        "out", F.when(F.col("seq").isin(*seqs), message).otherwise(F.lit("fine"))
    )


def fails_on_many(raw):
    """A pipeline that fails for lack of room: never on a few rows alone."""
    return raw.sparkSession.sql("select raise_error('full')") if raw.count() > 5 else raw


@pytest.fixture(scope="module")
def raw(spark):
    return spark.range(0, 100, 10).withColumnRenamed("id", "seq").persist()


@pytest.fixture
def noted():
    """What was noted, and the note."""
    notes = []
    return notes, notes.append


def test_each_message_that_fails_alone_is_found(raw, noted):
    assert culprits(raw, dies_on(30, 90), RuntimeError("batch failed"), noted[1]) == (30, 90)


def test_what_was_found_is_noted_as_soon_as_it_is_plain_that_more_succeed(raw, noted):
    notes, note = noted
    culprits(raw, dies_on(0, 10, 90), RuntimeError("batch failed"), note)
    assert notes == [(0,), (0, 10), (0, 10, 90)]


def test_a_batch_whose_halves_succeed_has_no_culprit(raw, noted):
    with pytest.raises(RuntimeError, match="batch failed"):
        culprits(raw, fails_on_many, RuntimeError("batch failed"), noted[1])


def test_many_messages_may_be_to_blame_while_others_succeed(raw, noted, monkeypatch):
    monkeypatch.setattr(poison, "MOST_ALONE", 2)
    bad = (0, 10, 20, 30, 40)
    assert culprits(raw, dies_on(*bad), RuntimeError("batch failed"), noted[1]) == bad


def test_a_fault_of_every_message_is_nobodys(raw, noted, monkeypatch):
    monkeypatch.setattr(poison, "MOST_ALONE", 2)
    notes, note = noted
    told = "3 messages fail alone and fewer succeed, so the fault is elsewhere: disk full"
    with pytest.raises(WeirError, match=told):
        culprits(raw, dies_on(*range(0, 100, 10)), RuntimeError("disk full"), note)
    assert notes == []


def test_most_messages_are_not_to_blame_though_some_succeed(raw, noted, monkeypatch):
    monkeypatch.setattr(poison, "MOST_ALONE", 2)
    told = "3 messages fail alone and fewer succeed"
    with pytest.raises(WeirError, match=told):
        culprits(raw, dies_on(*range(10, 100, 10)), RuntimeError("no such function"), noted[1])
