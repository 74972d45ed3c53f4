"""What the words of the command line say about messages, and which of them are refused."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from spark_jobs.intake import intake
from weir.error import WeirError


def test_an_unknown_format_is_refused_with_those_there_are(home):
    with pytest.raises(WeirError, match="ethereum-etl"):
        intake("crypto", "files:somewhere", "etherium", None)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_format_of_files_is_refused_for_messages(home, form):
    with pytest.raises(
        WeirError, match=f"{form} is a format of files, and each message of kafka:t is one JSON object"
    ):
        intake("payments", "kafka:t", form, None)


def test_a_mapping_says_what_its_files_are(home):
    mapping = home / "mine.yml"
    columns = {"event_id": "id", "event_type": "'login'", "occurred_at": "at", "user_id": "who"}
    mapping.write_text(json.dumps({"format": "csv", "columns": columns}))
    assert intake("payments", "files:somewhere", None, mapping).format == "csv"
    with pytest.raises(WeirError, match="leave --format out"):
        intake("payments", "files:somewhere", "json", mapping)


def test_an_age_is_a_live_sources_and_a_span_of_time():
    assert intake("payments", "kafka:t", None, None, max_age="30d").max_age == timedelta(days=30)
    for source in ("files:in", None):
        with pytest.raises(WeirError, match="--max-age 30d: is for a live source"):
            intake("payments", source, None, None, max_age="30d")
    with pytest.raises(WeirError, match=r"--max-age month: write for example 30s, .*, at most 3660d"):
        intake("payments", "kafka:t", None, None, max_age="month")
