import json

import pytest

from dbt_project.parse import compile_redshift
from dbt_project.reserved import unquoted_columns, unquoted_names


def named(tmp_path, sql):
    model = tmp_path / "model.sql"
    model.write_text(sql)
    return unquoted_names([model])


def contract(tmp_path, **column):
    model = {"name": "books", "resource_type": "model", "columns": {"raw": {"name": "raw", **column}}}
    table = {"name": "lake", "resource_type": "test", "columns": {"raw": {"name": "raw", "quote": None}}}
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"nodes": {"model.books": model, "test.lake": table}}))
    return unquoted_columns(manifest)


def test_no_model_and_no_contract_has_a_reserved_word_as_a_bare_name(tmp_path):
    for way, models in compile_redshift(tmp_path).items():
        assert unquoted_names(models) == {}
        assert unquoted_columns(tmp_path / way / "manifest.json") == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select raw from books",
        "select books.RAW from books",
        "select count(*) as raw from books",
        "with raw as (select 1 as one) select one from raw as parts",
        "select parts from books where parts = raw + 1 order by parts",
    ],
)
def test_a_reserved_word_as_a_bare_name_is_told_with_its_model(tmp_path, sql):
    assert named(tmp_path, sql) == {"model": "reserved in Redshift and not quoted: raw"}


def test_all_the_words_of_a_model_are_told_once_each(tmp_path):
    told = named(tmp_path, "select raw, raw as open from books")
    assert told == {"model": "reserved in Redshift and not quoted: open, raw"}


@pytest.mark.parametrize(
    "sql",
    [
        'select "raw" as "open" from books',
        "select 'raw' as kind, left(name, 3) as beginning, current_timestamp as at from books",
        "select cast(name as timestamp) as moment from books where name is not null limit 1",
    ],
)
def test_a_word_in_quotes_or_in_its_own_meaning_is_no_mistake(tmp_path, sql):
    assert named(tmp_path, sql) == {}


def test_a_contract_names_a_reserved_word_in_quotes_only(tmp_path):
    assert contract(tmp_path, quote=None) == {"books": "reserved in Redshift and not quoted: raw"}
    assert contract(tmp_path, quote=True) == {}
