"""Of the files that name somebody who was erased, some may."""

import pytest

from orchestration.still_named import why_kept
from weir.settings import settings

pytestmark = pytest.mark.usefixtures("anywhere")


@pytest.fixture(params=[".", "payments/.weir", "reference/crypto/.weir", "lake/scored/crypto"])
def anywhere(tmp_path, monkeypatch, request):
    """Names of folders above a home say nothing of what is in it."""
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / request.param))
    for name in ("WEIR_LAKE", "WEIR_CHECKPOINTS", "WEIR_DOMAINS"):
        monkeypatch.delenv(name, raising=False)


def reason(path, *others, mentions=0):
    root = settings().root
    hits = [f"{root}/{hit}" for hit in (path, *others)]
    return why_kept(hits[0], "payments", hits, [f"{root}/in"], mentions)


def test_a_file_of_the_domain_may_not():
    assert reason("lake/raw/payments/part-0.parquet") is None
    assert reason("lake/labels/payments/part-0.parquet") is None
    assert reason("dagster/history/runs.db", mentions=1) is None


def test_a_source_and_a_publishers_list_may():
    assert reason("in/1.jsonl") == reason("simulated/payments/1.jsonl") == "messages at their source"
    assert reason("inbox/1.jsonl") is None
    assert reason("lake/reference/bad_users/part-0.parquet") == "a list that its publisher answers for"


def test_another_domain_may_and_the_marts_that_show_it():
    other = "lake/scored/crypto/part-0.parquet"
    assert reason(other) == "of crypto: weir erase crypto"
    assert reason("marts/1/warehouse.duckdb", other) == "of crypto: weir erase crypto"
    assert reason("marts/1/warehouse.duckdb") is None
    assert reason("lake/raw/payments/part-0.parquet", other) is None


def test_another_domain_may_that_holds_it_in_a_refused_message_alone():
    assert reason("lake/raw/crypto/part-0.parquet") == "of crypto: weir erase crypto"


def test_a_lake_on_s3_is_known_by_either_of_its_names(monkeypatch):
    monkeypatch.setenv("WEIR_LAKE", "s3a://bucket/lake")
    hit = "s3://bucket/lake/raw/crypto/part-0.parquet"
    assert why_kept(hit, "payments", [hit], [], 0) == "of crypto: weir erase crypto"
    assert why_kept(hit, "crypto", [hit], [], 0) is None
    assert why_kept(hit, "crypto", [hit], [], 2) == "2 messages of others name it"


def test_messages_of_others_that_stay_may():
    assert reason("lake/raw/payments/part-0.parquet", mentions=2) == "2 messages of others name it"
    assert reason("checkpoints/raw/payments/jetstream/spool", mentions=2) == "2 messages of others name it"
