"""A mapping file is read whole or refused with its lines; what is kept of it reads old rows again."""

from __future__ import annotations

import pytest

from weir.contract import load_contract
from weir.located import PackError
from weir.mapping import FUNCTIONS, ColumnMapping, load_mapping, read_mapping, texts_of_mapping, with_schema

CONTRACT = load_contract(
    """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale], required: true}
  occurred_at: {type: time, required: true}
  user_id: {type: id}
  note: {type: string}
  metadata: {type: map}
""",
    "contract.yml",
)
ENOUGH = """columns:
  event_id: cast(TX_ID as string)
  event_type: "'sale'"
  occurred_at: coalesce(`at`, tx_id)
"""


def _mapping(text: str = ENOUGH) -> ColumnMapping:
    return load_mapping(text, "mine.yml", CONTRACT)


def test_a_mapping_keeps_its_expressions_as_written():
    mapping = _mapping(f"format: csv\n{ENOUGH}")
    assert mapping.format == "csv"
    assert dict(mapping.columns)["event_id"] == "cast(TX_ID as string)"


def test_its_inputs_are_the_fields_it_reads_each_once():
    assert _mapping().inputs == ("TX_ID", "at")


def test_the_kept_body_reads_back_as_the_same_mapping():
    mapping = with_schema(_mapping(), "TX_ID bigint, at timestamp", ["TX_ID", "at"])
    assert read_mapping(mapping.body) == mapping
    assert read_mapping(mapping.body).hash == mapping.hash


def test_the_hash_tells_mappings_and_schemas_apart():
    mapping = _mapping()
    other = _mapping(ENOUGH.replace("'sale'", "'sales'"))
    assert (
        len({mapping.hash, other.hash, with_schema(mapping, "TX_ID int, at date", ["tx_id", "AT"]).hash}) == 3
    )
    assert mapping.hash == _mapping().hash


def test_parquet_input_without_a_field_it_reads_is_refused():
    with pytest.raises(PackError, match=r"no field 'TX_ID'; did you mean 'TX_IDS'\?"):
        with_schema(_mapping(), "TX_IDS bigint, at timestamp", ["TX_IDS", "at"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("user: upper(a)", "'user' is not a column of shop; did you mean 'user_id'?"),
        ("user_id: upper(a", "cannot read 'upper(a' as Spark SQL"),
        ("user_id: uper(a)", "function uper is not known here; did you mean 'upper'?"),
        ("user_id: uuid()", "function uuid is not known here; see docs/mappings.md"),
        ("user_id: '`uuid`()'", "function uuid is not known here"),
        ("""user_id: 'concat("it''s", uuid(), "it''s")'""", "function uuid is not known here"),
        ("user_id: raise_error(a)", "function raise_error is not known here"),
        ("user_id: max(a)", "looks beyond its row"),
        ("user_id: (select 1)", "looks beyond its row"),
        ("user_id: coalesce(a, current_timestamp)", "is not the row's: sent again"),
        ("user_id: unix_timestamp()", "is not the row's: sent again"),
        ('user_id: ""', "'user_id' is empty; write an expression"),
        ("user_id:", "'user_id' is empty; write an expression"),
        ("user_id: 17", 'write "17" in quotes'),
    ],
)
def test_a_mistake_names_its_line_and_its_mend(line, said):
    with pytest.raises(PackError) as refused:
        _mapping(f"{ENOUGH}  {line}\n")
    assert [m for m in str(refused.value).splitlines() if m.startswith("mine.yml:5 ") and said in m], (
        refused.value
    )


def test_a_required_column_must_be_mapped():
    with pytest.raises(PackError, match="event_id is required"):
        _mapping(ENOUGH.replace("event_id", "user_id"))


@pytest.mark.parametrize(
    ("note", "read"),
    [
        ("concat(a, ' raise_error(x) ')", "a"),
        ("'concat(a, \"shop (main)\")'", "a"),
        ('"`Amount (EUR)`"', "Amount (EUR)"),
    ],
)
def test_a_parenthesis_in_a_text_or_in_a_fields_name_is_no_function(note, read):
    assert _mapping(f"{ENOUGH}  note: {note}").inputs == ("TX_ID", "at", read)


def test_a_value_that_cannot_be_calculated_is_null_rather_than_an_error():
    mapping = _mapping(ENOUGH + "  note: cast(a.b as int) / c + 1")
    assert mapping.expressions["note"] == (
        "TRY_ADD(TRY_DIVIDE(TRY_CAST(_input.`a`.`b` AS INT), _input.`c`), 1)"
    )


def test_a_column_without_an_expression_is_null():
    types = {name: "string" for name, _ in _mapping().columns}
    assert texts_of_mapping(_mapping(), CONTRACT, types)["user_id"] == "cast(null as string)"


def test_no_function_depends_on_the_moment_or_on_chance():
    assert not FUNCTIONS & {"rand", "randn", "uuid", "now", "current_timestamp", "current_date", "shuffle"}
