import yaml

from dbt_project import sources
from dbt_project.sources import RELEASES, SOURCES, marts_domains, releases_sql, sources_yml
from tests.small_pack import write_small_pack
from weir.pack import load_pack
from weir.tables import domain_tables


def test_the_sources_are_what_the_packs_say():
    assert SOURCES.read_text() == sources_yml(), "run `python -m dbt_project.sources`"


def test_released_messages_are_told_as_weir_tells_them():
    assert RELEASES.read_text() == releases_sql(), "run `python -m dbt_project.sources`"


def test_every_table_of_a_domain_is_a_source_with_all_its_columns():
    (lake,) = yaml.safe_load(sources_yml())["sources"]
    sources = {table["name"]: [column["name"] for column in table["columns"]] for table in lake["tables"]}
    for table in domain_tables(load_pack("crypto")):
        assert sources[table.view] == list(table.columns)


def test_packs_of_ones_own_stand_beside_those_that_come_with_weir(tmp_path, monkeypatch):
    models = tmp_path / "models"
    models.mkdir()
    for domain in ("crypto", "payments", "small"):
        (models / f"stg_{domain}.sql").touch()
    monkeypatch.setattr(sources, "SOURCES", models / "sources.yml")
    text = sources_yml(write_small_pack(tmp_path / "packs", "small").parent)
    names = {table["name"] for table in yaml.safe_load(text)["sources"][0]["tables"]}
    assert {"scored_small", "scored_payments", "scored_crypto"} <= names


def test_a_pack_without_a_staging_model_is_not_in_the_marts(tmp_path):
    for domain in ("payments", "loyalty"):
        (tmp_path / domain).mkdir()
        (tmp_path / domain / "contract.yml").touch()
    assert marts_domains(tmp_path) == ["payments"]
