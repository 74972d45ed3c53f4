import shutil

import yaml

from dbt_project.run import PROJECT, run_dbt
from weir.warehouse import published_version, warehouse_path

MODELS = PROJECT / "models" / "marts"


def test_every_model_passes_its_unit_tests(sample_home, tmp_path):
    # on marts that are there already: a unit test of an incremental model looks at their columns
    shutil.copyfile(warehouse_path(published_version() or ""), tmp_path / "warehouse.duckdb")
    places = {
        "WEIR_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    run_dbt("build", environment=places)


def test_every_mart_has_a_page_with_its_columns_its_key_and_a_word_on_each():
    for model in MODELS.glob("*.sql"):
        (described,) = yaml.safe_load(model.with_suffix(".yml").read_text())["models"]
        tests = [next(iter(test)) for test in described["data_tests"]]
        assert described["name"] == model.stem
        assert "unique_together" in tests
        assert all(column["description"] and column["data_type"] for column in described["columns"])
