import shutil

import duckdb
import pytest
from delta.tables import DeltaTable

from orchestration import marts
from orchestration.marts import MartsBuilt, MartsError, build_marts, models_fingerprint, started_build
from tests.sample_lake import append, message, payment, quarantined, scored, write_sample_lake
from weir.settings import PACKAGED_DOMAINS, settings
from weir.warehouse import connect_marts, published_version, sql

MARTS = [
    "alerts",
    "attacks_daily",
    "books",
    "checks",
    "decisions",
    "decisions_per_minute",
    "lake_versions",
    "open_quarantine_daily",
    "pipeline_health_per_minute",
    "quarantine_daily",
    "quarantine_samples",
    "rule_hits_daily",
    "top_offenders",
    "wallets_daily",
]


@pytest.fixture
def copied_home(published_sample, tmp_path, monkeypatch):
    """The sample's home, to be changed."""
    shutil.copytree(published_sample, tmp_path / "home")
    monkeypatch.setenv("WEIR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_build_from_the_sample_has_every_mart(sample_home):
    with connect_marts() as marts:
        names = marts.execute("select table_name from duckdb_tables() order by 1").fetchall()
        assert [name for (name,) in names] == MARTS
        assert marts.execute("select count(*) from duckdb_views() where not internal").fetchone() == (0,)


def test_the_published_versions_are_those_of_the_lake(sample_home):
    rows = sql("select zone || '/' || name, version from lake_versions where version is not null").rows
    written = {
        (zone, name) for zone in ("raw", "scored", "quarantine", "labels") for name in ("crypto", "payments")
    }
    assert dict(rows) == {f"{zone}/{name}": 1 for zone, name in written} | {
        "quality/books": 1,
        "quality/checks": 1,
    }


def test_a_lake_that_nobody_wrote_yet_gives_every_mart_without_rows(home):
    built = build_marts()
    assert built.rows == {**dict.fromkeys(MARTS, 0), "lake_versions": built.rows["lake_versions"]}
    assert sql("select distinct version from lake_versions").rows == [(None,)]


def test_adding_a_batch_gives_the_same_as_building_anew(copied_home, spark):
    write_sample_lake(spark, events=40, batch_id=5)
    added = build_marts()
    added_rows = contents(added)
    anew = build_marts(full_refresh=True)
    assert (added.incremental, anew.incremental) == (True, False)
    assert added.rows["decisions"] == 2 * (180 + 36)
    assert added_rows == contents(anew)


def test_a_batch_that_was_half_there_at_one_build_is_whole_in_the_next(copied_home, spark):
    rows = [message(seq, 5) for seq in range(1000, 1010)]
    append(spark, "raw", "payments", rows)
    append(spark, "quarantine", "payments", [quarantined(rows[-1])])
    build_marts()
    append(spark, "scored", "payments", [scored(row, "payments", payment(row["seq"])) for row in rows[:-1]])
    added = build_marts()
    assert added.incremental
    assert contents(added) == contents(build_marts(full_refresh=True))


def test_marts_are_built_anew_when_rows_were_taken_from_the_lake(copied_home, spark):
    DeltaTable.forPath(spark, settings().table("scored", "payments")).delete("user_id = 'mallory'")
    built = build_marts()
    assert not built.incremental
    assert sql("select count(*) from decisions where user_id = 'mallory'").rows == [(0,)]


def test_marts_are_built_anew_when_another_lake_has_taken_the_place_of_theirs(copied_home, spark):
    shutil.rmtree(copied_home / "lake")
    write_sample_lake(spark, events=100)
    built = build_marts()
    assert not built.incremental
    assert built.rows["decisions"] == 180


def test_a_build_that_fails_leaves_the_published_marts_alone(copied_home, spark):
    before = published_version()
    wrong = {"event_id": "wrong", "score": 101, "action": "block", "batch_id": 9, "seq": 10**6, "part": 0}
    append(spark, "scored", "payments", [wrong])
    with pytest.raises(MartsError, match="score_between_0_and_100"):
        build_marts()
    assert published_version() == before
    assert sql("select count(*) from decisions").rows == [(360,)]
    assert not (settings().marts / ".building").exists()


def test_dbt_finds_a_lake_and_packs_that_are_named_from_here(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("WEIR_LAKE", "elsewhere")
    monkeypatch.setenv("WEIR_DOMAINS", "packs")
    shutil.copytree(PACKAGED_DOMAINS, home / "packs")
    with started_build() as build:
        assert build.environment["WEIR_LAKE"] == str(home / "elsewhere")
        assert build.environment["WEIR_DOMAINS"] == str(home / "packs")


def test_an_unknown_domain_is_named_with_those_there_are(home):
    with pytest.raises(MartsError, match="no marts for paymants: there are crypto, payments"):
        build_marts(["paymants"])


def test_other_domains_are_other_models():
    assert models_fingerprint(["crypto"]) != models_fingerprint(["crypto", "payments"])
    assert models_fingerprint(["crypto"]) == models_fingerprint(["crypto"])


def test_a_changed_model_changes_the_fingerprint_wherever_the_project_lies(tmp_path, monkeypatch):
    project = tmp_path / "target" / "dbt_project"
    (project / "target").mkdir(parents=True)
    (project / "books.sql").write_text("select 1")
    monkeypatch.setattr(marts, "PROJECT", project)
    before = models_fingerprint(["crypto"])
    (project / "target" / "compiled.sql").write_text("select 1")
    assert models_fingerprint(["crypto"]) == before
    (project / "books.sql").write_text("select 2")
    assert models_fingerprint(["crypto"]) != before


def contents(built: MartsBuilt) -> dict[str, list[tuple]]:
    """Every row of every mart of a build, but for the time it was built at."""
    with duckdb.connect(built.path, read_only=True) as marts:
        columns = {name: "* exclude (built_at)" if name == "lake_versions" else "*" for name in built.rows}
        return {
            name: marts.execute(f"select {what} from {name} order by all").fetchall()
            for name, what in columns.items()
        }
