"""`weir labels` and `weir reference load`: what they loaded, and where it is then."""

import json

from weir.warehouse import sql

LABEL = {
    "event_id": "e1",
    "is_fraud": True,
    "attack": "burst",
    "labeled_at": "2024-03-01T00:00:00Z",
    "source": "host",
}


def test_labels_are_loaded_and_counted_once(spark, home, weir):
    file = home / "labels.jsonl"
    file.write_text("".join(json.dumps(LABEL | {"event_id": name}) + "\n" for name in ("e1", "e2", "e1")))
    ended = weir("labels", "payments", str(file), "--json")
    assert (ended.code, json.loads(ended.out)) == (0, [{"domain": "payments", "loaded": 2}])
    assert sql("select event_id, attack from labels_payments order by 1").rows == [
        ("e1", "burst"),
        ("e2", "burst"),
    ]


def test_a_list_is_loaded_with_its_publisher_and_since_when(spark, home, weir):
    file = home / "issue_7.txt"
    file.write_text("0xAB\n0xCD\n")
    words = ["--publisher", "treasury", "--listed-at", "2024-03-01", "--json"]
    ended = weir("reference", "load", "sanctioned_addresses", str(file), *words)
    loaded = {"list": "sanctioned_addresses", "publisher": "treasury", "added": 2, "delisted": 0, "kept": 0}
    assert (ended.code, json.loads(ended.out)) == (0, [loaded])
    rows = sql("select value, source, listed_at from reference_sanctioned_addresses order by 1").rows
    assert [(value, source, since.date().isoformat()) for value, source, since in rows] == [
        ("0xab", "treasury", "2024-03-01"),
        ("0xcd", "treasury", "2024-03-01"),
    ]
