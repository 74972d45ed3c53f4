from weir.pack import load_pack
from weir.tables import domain_tables, lake_tables


def test_a_domain_has_a_table_in_every_zone():
    keys = [table.key for table in domain_tables(load_pack("payments"))]
    assert keys == [
        f"{zone}/payments" for zone in ("raw", "mapping", "quarantine", "scored", "labels", "replayed")
    ]


def test_a_list_that_two_packs_look_up_in_is_one_table():
    pack = load_pack("crypto")
    names = [table.view for table in lake_tables([pack, pack]) if table.zone == "reference"]
    assert names == sorted({f"reference_{enrichment.list}" for enrichment in pack.enrichments})


def test_a_scored_row_is_the_event_its_features_and_then_the_decision():
    pack = load_pack("payments")
    scored = next(table for table in domain_tables(pack) if table.zone == "scored").columns
    assert list(scored)[: len(pack.columns)] == list(pack.columns)
    assert list(scored)[len(pack.columns)] == "score"
    assert list(scored)[-1] == "event_date"


def test_a_replayed_row_is_a_scored_row_of_one_replay():
    scored, replayed = (
        next(table for table in domain_tables(load_pack("payments")) if table.zone == zone).columns
        for zone in ("scored", "replayed")
    )
    assert replayed == {"replay_id": "string", **scored}
