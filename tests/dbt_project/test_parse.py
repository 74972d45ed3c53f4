import shutil

import pytest

from dbt_project.parse import compile_redshift, mistakes
from dbt_project.run import PROJECT

INCREMENTAL = {
    "decisions",
    "decisions_per_minute",
    "pipeline_health_per_minute",
    "quarantine_daily",
    "rule_hits_daily",
    "top_offenders",
    "wallets_daily",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compile_redshift(tmp_path_factory.mktemp("compiled"))


def test_every_model_compiles_for_redshift_without_a_database_and_parses(compiled):
    anew = compiled["built anew"]
    assert {"decisions", "stg_payments", "wallets_daily"} <= {model.stem for model in anew}
    assert mistakes(anew) == {}


def test_what_adds_new_batches_compiles_and_parses_too(compiled):
    added = {model.stem: model for model in compiled["added to"]}
    assert set(added) == INCREMENTAL
    anew = {model.stem: model.read_text() for model in compiled["built anew"]}
    # each reads what it was built to: no branch is passed over
    reads_itself = {name for name, model in added.items() if f'"marts"."{name}"' in model.read_text()}
    assert reads_itself == INCREMENTAL
    assert not [name for name in INCREMENTAL if f'"marts"."{name}"' in anew[name]]
    assert mistakes([*added.values()]) == {}


def test_sql_for_duckdb_alone_is_found_where_it_only_adds_batches(tmp_path):
    project = shutil.copytree(PROJECT, tmp_path / "project")
    batches = project / "macros" / "batches.sql"
    # a division that is DuckDB's own
    batches.write_text(batches.read_text().replace(", -1)", " // 1, -1)"))
    compiled = compile_redshift(tmp_path / "compiled", project)
    assert mistakes(compiled["built anew"]) == {}
    assert set(mistakes(compiled["added to"])) == INCREMENTAL


def test_a_mistake_is_told_with_the_model_it_is_in(tmp_path):
    for name, text in {
        "good": "select 1 as one",
        "bad": "select from where",
        "two": "select 1; select 2",
    }.items():
        (tmp_path / f"{name}.sql").write_text(text)
    assert set(mistakes(sorted(tmp_path.glob("*.sql")))) == {"bad", "two"}
