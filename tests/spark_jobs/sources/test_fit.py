"""A mapping that is for other files is told before anything lands."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pytest
from pyarrow import parquet

from spark_jobs.sources.fit import MappingMismatch, field_names, require_fit
from weir.mapping import ColumnMapping

MAPPING = ColumnMapping((("event_id", "txn_id"), ("event_type", "'payment'"), ("user_id", "lower(Customer)")))


def _write(path, form):
    if form == "csv":
        path.write_text("id,shop\n1,a\n")
    elif form == "parquet":
        parquet.write_table(pa.table({"id": [1], "shop": ["a"]}), path)
    else:
        path.write_bytes(gzip.compress(b'{"id": 1}\nno json\n{"id": 2, "shop": "a"}\n'))
    return path


@pytest.mark.parametrize(("name", "form"), [("a.csv", "csv"), ("a.parquet", "parquet"), ("a.gz", "json")])
def test_a_file_without_a_field_of_the_mapping_is_refused_with_both(tmp_path, name, form):
    file = _write(tmp_path / name, form)
    with pytest.raises(MappingMismatch) as refusal:
        require_fit(MAPPING, [file], form)
    for told in (str(file), "txn_id, Customer", "id, shop"):
        assert told in str(refusal.value)


def test_one_field_in_one_of_the_files_is_enough(tmp_path):
    other = tmp_path / "b.csv"
    other.write_text("CUSTOMER\nme\n")
    require_fit(MAPPING, [_write(tmp_path / "a.csv", "csv"), other], "csv")


def test_files_that_cannot_be_read_are_not_the_mappings_fault(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"no gzip")
    (tmp_path / "b.json").write_bytes(b"no json\n[1]\n")
    (tmp_path / "c.json").write_bytes(b"")
    require_fit(MAPPING, sorted(tmp_path.iterdir()), "json")
    assert field_names(tmp_path / "a.gz", "parquet") == []


def test_a_mapping_of_constants_asks_for_nothing(tmp_path):
    require_fit(ColumnMapping((("event_type", "'payment'"),)), [_write(tmp_path / "a.csv", "csv")], "csv")
