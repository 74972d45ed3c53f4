"""Of the files that name somebody who was erased, some may."""

from orchestration.still_named import why_kept
from weir.settings import settings


def reason(path, *others, mentions=0):
    root = settings().root
    hits = [f"{root}/{hit}" for hit in (path, *others)]
    return why_kept(hits[0], "payments", hits, [f"{root}/in"], mentions)


def test_a_file_of_the_domain_may_not(home):
    assert reason("lake/raw/payments/part-0.parquet") is None
    assert reason("dagster/history/runs.db", mentions=1) is None


def test_a_source_and_a_publishers_list_may(home):
    assert reason("in/1.jsonl") == reason("simulated/payments/1.jsonl") == "messages at their source"
    assert reason("inbox/1.jsonl") is None
    assert reason("lake/reference/bad_users/part-0.parquet") == "a list that its publisher answers for"


def test_another_domain_may_and_the_marts_that_show_it(home):
    other = "lake/scored/crypto/part-0.parquet"
    assert reason(other) == "of crypto: weir erase crypto"
    assert reason("marts/1/warehouse.duckdb", other) == "of crypto: weir erase crypto"
    assert reason("marts/1/warehouse.duckdb") is None
    assert reason("lake/raw/payments/part-0.parquet", other) is None


def test_messages_of_others_that_stay_may(home):
    assert reason("lake/raw/payments/part-0.parquet", mentions=2) == "2 messages of others name it"
