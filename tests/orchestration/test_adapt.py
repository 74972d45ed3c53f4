"""`weir adapt`: stdout is JSON lines and nothing else, and nothing is stored."""

import json

from typer.testing import CliRunner

from orchestration.commands import app

TRANSACTION = {
    "type": "transaction",
    "hash": "0xAA01",
    "from_address": "0xABcd",
    "to_address": "0xEF01",
    "value": 1642894143000000000001,
    "block_timestamp": 1683029999,
}


def test_a_foreign_file_is_shown_as_events_and_rejects(spark, home):
    file = home / "block.jsonl"
    file.write_text(json.dumps(TRANSACTION) + "\n" + '{"type": "block"}\nno json\n')
    shown = CliRunner().invoke(app, ["adapt", "crypto", "--format", "ethereum-etl", str(file)])
    assert shown.exit_code == 0
    event, block, junk = map(json.loads, shown.stdout.splitlines())
    assert (event["event_id"], event["event_type"], event["from_address"]) == ("0xAA01", "transfer", "0xabcd")
    assert (event["value"], event["occurred_at"]) == ("1642894143000000000001", "2023-05-02T12:19:59.000000Z")
    assert (block["reason"], junk["reason"], junk["partition"]) == ("missing", "not_json", "block.jsonl")
    assert "1 events, 2 rejects" in shown.stderr
    assert not (home / "lake").exists()
