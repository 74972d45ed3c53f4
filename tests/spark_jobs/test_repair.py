"""A repair is read with its mistakes named, and never costs a message."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.repair import FunctionRepair, MappingRepair, load_repair, mappings_of, repaired_by
from tests.small_pack import small_pack
from weir.error import WeirError
from weir.mapping import ColumnMapping

CONTRACT = small_pack().contract
MAPPING = "columns: {event_id: id, event_type: \"'login'\", occurred_at: at}\n"


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_no_file_is_no_repair():
    assert load_repair(None, CONTRACT) is None


def test_a_mapping_and_a_python_file_are_told_by_their_names(tmp_path):
    mapping = load_repair(written(tmp_path, "mine.yml", MAPPING), CONTRACT)
    function = load_repair(written(tmp_path, "mine.py", "def repair(payload): return payload"), CONTRACT)
    assert isinstance(mapping, MappingRepair)
    assert isinstance(function, FunctionRepair)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("mine.txt", "", "a repair is a mapping (.yml) or a Python file (.py)"),
        ("mine.py", "def mend(payload): ...", "has no function `repair`; write `def repair(payload: bytes)"),
        ("mine.py", "repair = 3", "has no function `repair`"),
        ("mine.py", "x = 1\ndef repair(payload)\n", "mine.py:2: expected ':'"),
        ("mine.py", "import no_such_module", "ModuleNotFoundError"),
        ("mine.yml", "columns: {event_id: id}\n", "event_type is required"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path, name, text, told):
    with pytest.raises(WeirError, match=f"(?s){name}.*{re.escape(told.removeprefix(name))}"):
        load_repair(written(tmp_path, name, text), CONTRACT)


@given(
    st.binary() | st.none(),
    st.sampled_from([None, "text", 3, b"", b"\xff", ValueError, KeyError, RecursionError]),
)
def test_a_message_comes_out_repaired_or_as_it_was_with_why(payload, answer):
    def repair(given):
        assert isinstance(given, bytes)
        if isinstance(answer, type) and issubclass(answer, Exception):
            raise answer
        return answer

    after, kept_back = repaired_by(repair, payload)
    assert (
        (after, kept_back) == (answer, None) if isinstance(answer, bytes) else after == payload and kept_back
    )


def test_a_parquet_row_is_read_by_the_schema_it_landed_with(spark):
    new = ColumnMapping((("event_id", "id"),))
    old = {
        "plain": ColumnMapping((), "csv"),
        "typed": ColumnMapping((), "parquet", "id bigint, at timestamp"),
        "odd": ColumnMapping((), "parquet", "key bigint"),
    }
    found = mappings_of(MappingRepair(new), old)
    assert (found[None], found["plain"].format) == (new, "csv")
    assert found["typed"] == ColumnMapping(new.columns, "parquet", "id bigint, at timestamp")
    assert found["odd"] == old["odd"]
