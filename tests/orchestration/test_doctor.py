"""`weir doctor` says what is here and what is not, and runs the golden events of the packs in use."""

import json

from typer.testing import CliRunner

from orchestration.commands import app
from tests.small_pack import CASES, write_small_pack


def doctor():
    """Its exit code, and {part: its row}."""
    run = CliRunner().invoke(app, ["doctor", "--json"])
    return run.exit_code, {row["part"]: row for row in json.loads(run.stdout)}


def test_nothing_is_missing_here(home):
    code, parts = doctor()
    assert [row for row in parts.values() if not row["ok"]] == []
    assert code == 0


def test_lists_that_nobody_has_loaded_are_named(home):
    assert "sanctioned_addresses is empty" in doctor()[1]["lists"]["found"]


def test_a_golden_event_on_which_its_rule_does_not_fire_is_named(home, monkeypatch):
    cases = CASES.replace("fires: [{user_payments_5m: 8}]", "fires: [{user_payments_5m: 6}]")
    monkeypatch.setenv("WEIR_DOMAINS", str(write_small_pack(home / "packs", cases=cases).parent))
    code, parts = doctor()
    assert code == 1
    assert [name for name, row in parts.items() if not row["ok"]] == ["packs"]
    assert "burst did not fire on {'user_payments_5m': 6}" in parts["packs"]["found"]


def test_a_home_that_cannot_be_made_is_mended_by_another(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("WEIR_HOME", str(home / "file" / "home"))
    _, parts = doctor()
    assert (parts["home"]["ok"], parts["home"]["mend"]) == (False, "set WEIR_HOME to a writable folder")
