"""The books balance, and each way of cooking them is seen."""

import pytest

from data_quality.books import books

RAW = "source string, partition string, position bigint, seq bigint"
SETTLED = "source string, partition string, position bigint, part int, seq bigint, batch_id bigint"


@pytest.fixture
def ledger(spark):
    """Builds the three tables from short tuples and returns the one row of the books as a dict."""

    def _books(raw, scored=(), quarantine=()):
        frames = (
            spark.createDataFrame([("files:/in", "a.json", *row) for row in raw], RAW),
            spark.createDataFrame([("files:/in", "a.json", *row) for row in scored], SETTLED),
            spark.createDataFrame(
                [("files:/in", "a.json", *row) for row in quarantine], f"{SETTLED}, reason string"
            ),
        )
        (row,) = books(*frames).collect()
        return row.asDict()

    return _books


# raw rows: position, seq; settled rows: position, part, seq, batch_id (, reason)
RAW_ROWS = [(0, 1), (10, 2), (20, 3), (30, 4)]
SCORED_ROWS = [(0, 0, 1, 0), (10, 0, 2, 0)]
QUARANTINE_ROWS = [(20, 0, 3, 0, "duplicate"), (30, 0, 4, 0, "amount_is_missing")]


def test_a_drained_stream_balances(ledger):
    assert ledger(RAW_ROWS, SCORED_ROWS, QUARANTINE_ROWS) == {
        "raw": 4, "parts": 4, "scored": 2, "quarantined": 2, "duplicates": 1,
        "pending": 0, "missing": 0, "doubled": 0, "orphans": 0, "balanced": True, "released": 0,
    }  # fmt: skip


def test_empty_tables_balance(ledger):
    row = ledger([])
    assert (row["raw"], row["parts"], row["pending"], row["balanced"]) == (0, 0, 0, True)


def test_a_lost_scored_row_is_missing(ledger):
    row = ledger(RAW_ROWS, SCORED_ROWS[1:], QUARANTINE_ROWS)
    assert (row["missing"], row["pending"], row["balanced"]) == (1, 0, False)


def test_a_lost_quarantine_row_is_missing(ledger):
    row = ledger(RAW_ROWS, SCORED_ROWS, QUARANTINE_ROWS[1:])
    assert (row["missing"], row["pending"], row["balanced"]) == (1, 0, False)


def test_a_row_scored_twice_is_doubled(ledger):
    row = ledger(RAW_ROWS, [*SCORED_ROWS, SCORED_ROWS[0]], QUARANTINE_ROWS)
    assert (row["doubled"], row["balanced"]) == (1, False)


def test_a_row_both_scored_and_quarantined_is_doubled(ledger):
    row = ledger(RAW_ROWS, [*SCORED_ROWS, (20, 0, 3, 0)], QUARANTINE_ROWS)
    assert (row["doubled"], row["balanced"]) == (1, False)


def test_a_message_landed_twice_is_doubled(ledger):
    row = ledger([*RAW_ROWS, (0, 5)], SCORED_ROWS, QUARANTINE_ROWS)
    assert (row["raw"], row["doubled"], row["balanced"]) == (5, 1, False)


def test_a_scored_row_of_no_message_is_an_orphan(ledger):
    row = ledger(RAW_ROWS[1:], SCORED_ROWS, QUARANTINE_ROWS)
    assert (row["orphans"], row["balanced"]) == (1, False)


def test_messages_beyond_the_last_batch_are_pending(ledger):
    row = ledger([*RAW_ROWS, (40, 5), (50, 6)], SCORED_ROWS, QUARANTINE_ROWS)
    assert (row["parts"], row["pending"], row["missing"], row["balanced"]) == (6, 2, 0, True)


def test_everything_is_pending_before_the_first_batch(ledger):
    row = ledger(RAW_ROWS)
    assert (row["parts"], row["pending"], row["missing"], row["balanced"]) == (4, 4, 0, True)


def test_a_batch_killed_between_quarantine_and_scored_is_pending(ledger):
    row = ledger([*RAW_ROWS, (40, 5), (50, 6)], SCORED_ROWS, [*QUARANTINE_ROWS, (50, 0, 6, 1, "bad_json")])
    assert (row["pending"], row["missing"], row["quarantined"], row["balanced"]) == (1, 0, 3, True)


def test_a_row_lost_before_a_batch_of_nothing_but_quarantine_is_missing(ledger):
    quarantine = [*QUARANTINE_ROWS, (40, 0, 5, 1, "bad_json"), (60, 0, 7, 2, "bad_json")]
    row = ledger([*RAW_ROWS, (40, 5), (60, 7)], SCORED_ROWS[1:], quarantine)
    assert (row["missing"], row["pending"], row["balanced"]) == (1, 0, False)


def test_the_parts_of_one_message_are_counted_one_by_one(ledger):
    row = ledger([(0, 1)], [(0, 0, 1, 0), (0, 2, 1, 0)], [(0, 1, 1, 0, "bad_json")])
    assert (row["raw"], row["parts"], row["scored"], row["balanced"]) == (1, 3, 2, True)


def test_a_gap_in_the_parts_of_a_message_is_missing(ledger):
    row = ledger([(0, 1)], [(0, 0, 1, 0), (0, 2, 1, 0)])
    assert (row["parts"], row["missing"], row["balanced"]) == (3, 1, False)


def test_a_released_part_is_counted_and_its_copy_is_a_message_of_its_own(spark):
    released = ("release:files:/in", "a.json", 20, 3)
    raw = spark.createDataFrame(
        [("files:/in", "a.json", 20, 1), ("files:/in", "a.json", 30, 2), released], RAW
    )
    quarantine = [("files:/in", "a.json", at, 0, seq, 0, "not_json") for at, seq in ((20, 1), (30, 2))]
    (row,) = books(
        raw,
        spark.createDataFrame([("release:files:/in", "a.json", 20, 0, 3, 1)], SETTLED),
        spark.createDataFrame(quarantine, f"{SETTLED}, reason string"),
    ).collect()
    assert (row["raw"], row["scored"], row["quarantined"], row["released"]) == (3, 1, 2, 1)
    assert row["balanced"]
