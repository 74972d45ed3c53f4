"""Dagster's history has a home that sends nothing out."""

import yaml

from orchestration.instance import instance, prepared_home


def test_a_new_home_sends_no_telemetry_and_asks_for_no_address(home):
    configured = yaml.safe_load((prepared_home() / "dagster.yaml").read_text())
    assert configured["telemetry"] == configured["nux"] == {"enabled": False}


def test_what_a_user_configured_is_kept(home):
    (prepared_home() / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    assert (prepared_home() / "dagster.yaml").read_text() == "telemetry: {enabled: true}\n"


def test_the_instance_keeps_its_history_in_the_home(home):
    with instance() as kept:
        assert kept.is_persistent
        assert kept.root_directory == str(home / "dagster")
        assert not kept.telemetry_enabled
