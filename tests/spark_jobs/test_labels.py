"""A label is loaded once for each event, source and time, and a file with a line that is none is refused whole."""

from __future__ import annotations

import json

import pytest

from spark_jobs.labels import LabelError, load_labels
from spark_jobs.lake import read_table
from weir.settings import settings

LABEL = {
    "event_id": "e1",
    "is_fraud": True,
    "attack": "burst",
    "labeled_at": "2024-03-01T00:00:00Z",
    "source": "host",
}


def _write(path, *labels):
    path.write_text("\n".join(label if isinstance(label, str) else json.dumps(label) for label in labels))
    return path


def _held(spark):
    rows = read_table(spark, settings().table("labels", "payments")).orderBy("event_id", "source").collect()
    return [(row["event_id"], row["source"], row["is_fraud"], row["attack"]) for row in rows]


def test_a_file_loaded_again_brings_only_what_is_new(spark, home):
    first = _write(
        home / "labels.jsonl", LABEL, "", {**LABEL, "source": "bank", "is_fraud": False, "attack": None}
    )
    assert load_labels(spark, "payments", first) == 2
    second = _write(home / "labels.jsonl", {**LABEL, "is_fraud": False}, {**LABEL, "event_id": "e2"})
    assert load_labels(spark, "payments", second) == 1
    assert _held(spark) == [
        ("e1", "bank", False, None),
        ("e1", "host", True, "burst"),
        ("e2", "host", True, "burst"),
    ]


def test_a_source_that_corrects_itself_later_is_heard(spark, home):
    load_labels(spark, "payments", _write(home / "labels.jsonl", LABEL))
    corrected = {**LABEL, "is_fraud": False, "attack": None, "labeled_at": "2024-04-01T00:00:00Z"}
    assert load_labels(spark, "payments", _write(home / "labels.jsonl", LABEL, corrected)) == 1
    assert sorted(_held(spark), key=str) == [("e1", "host", False, None), ("e1", "host", True, "burst")]


def test_a_file_is_read_by_its_name_and_not_as_a_pattern(spark, home):
    _write(home / "labels1.jsonl", {**LABEL, "event_id": "other"})
    assert load_labels(spark, "payments", _write(home / "labels[1].jsonl", LABEL)) == 1
    assert [row[0] for row in _held(spark)] == ["e1"]


def test_a_file_that_spark_would_pass_over_is_refused(spark, home):
    with pytest.raises(LabelError, match=r"_labels\.jsonl: .* rename it"):
        load_labels(spark, "payments", _write(home / "_labels.jsonl", LABEL))


def test_a_label_written_twice_in_one_file_is_loaded_once(spark, home):
    assert load_labels(spark, "payments", _write(home / "labels.jsonl", LABEL, LABEL)) == 1


@pytest.mark.parametrize(
    "bad",
    ['{"event_id": "e2"}', "no json", json.dumps({**LABEL, "labeled_at": "yesterday"}), '{"event_id": null}'],
)
def test_a_line_that_is_no_label_is_named_and_nothing_is_loaded(spark, home, bad):
    with pytest.raises(LabelError, match=r"labels\.jsonl:2 .*not a label; write it like"):
        load_labels(spark, "payments", _write(home / "labels.jsonl", LABEL, bad))
    assert _held(spark) == []
