"""The power is cut before and after every write of a batch: what comes of it is what one quiet run makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pyspark.errors import AnalysisException, StreamingQueryException
from pyspark.sql import functions as F

from data_quality.books import books
from spark_jobs import kept, scorer, storage
from spark_jobs.intake import Intake
from spark_jobs.lake import read_table
from spark_jobs.landing import FilesSource, drain_raw
from spark_jobs.stream import create_tables, start_scored
from tests.killed_stream import append_anyway
from tests.small_pack import BRIEF, write_brief_pack
from weir.settings import settings

# of a batch with a message that kills it, in their order
WRITES = ("packs", "batches", "poison in quarantine", "scored in quarantine", "scored in scored")


class PowerCut(AnalysisException):
    """Of the kind that a batch is not tried again for."""


@dataclass(slots=True)
class Cuts:
    """Cuts the power once before and once after each write; `made` says where."""

    made: list[str] = field(default_factory=list)

    def around(self, write: Callable[..., object], named: Callable[..., str]) -> Callable[..., object]:
        def cut_write(*arguments: object) -> object:
            name = named(*arguments)
            self._cut(f"before {name}")
            done = write(*arguments)
            self._cut(f"after {name}")
            return done

        return cut_write

    def _cut(self, place: str) -> None:
        if place not in self.made:
            self.made.append(place)
            raise PowerCut(f"power cut {place}")


def name_of_append(rows: object, path: str, query: str, *_: object) -> str:
    """'poison in quarantine', 'scored in scored': whose append it is, and to which table."""
    return f"{query.partition('/')[0]} in {Path(path).parent.name}"


def name_of_text(spark: object, path: str, text: str) -> str:
    """'packs', 'batches': the folder of what is kept beside the checkpoint."""
    return Path(path).parent.name


@pytest.fixture
def land(spark, home, monkeypatch):
    """A function: lines -> landed in raw/small, in the order of the calls."""
    monkeypatch.setenv("WEIR_DOMAINS", str(write_brief_pack(home / "domains").parent))
    create_tables(spark, "small")
    folder = home / "in"
    folder.mkdir()

    def land(*lines):
        (folder / f"{len(list(folder.iterdir()))}.jsonl").write_text("\n".join(lines))
        drain_raw(spark, "small", FilesSource(folder))

    return land


def payment(event_id, second):
    at = f"2026-01-31T12:00:{second:02}Z"
    return json.dumps({"event_id": event_id, "event_type": "payment", "occurred_at": at, "user_id": "ann"})


def score(spark, version):
    """Score what has landed; the pack's rules have that version by now."""
    write_brief_pack(settings().domains, rules=BRIEF["rules"].replace("version: 3", f"version: {version}"))
    start_scored(spark, "small", Intake(), once=True).awaitTermination()


def tables(spark):
    return [read_table(spark, settings().table(zone, "small")) for zone in ("raw", "scored", "quarantine")]


def test_a_batch_that_is_cut_at_every_write_becomes_what_a_quiet_one_does(
    spark, home, land, monkeypatch, figures
):
    land(payment("a", 0), "no json", payment("b", 1), payment("b", 2), payment("bad", 3), payment("c", 4))
    # an earlier try has found the message that kills the batch
    (bad,) = tables(spark)[0].where("cast(payload as string) like '%bad%'").collect()
    kept.keep_poison(spark, settings().checkpoint("scored/small"), 0, (bad["seq"],))
    cuts = Cuts()
    with monkeypatch.context() as patch:
        patch.setattr(scorer, "append_once", cuts.around(scorer.append_once, name_of_append))
        for place in (kept, storage):
            patch.setattr(place, "write_text", cuts.around(place.write_text, name_of_text))
        for version in range(1, len(WRITES) * 2 + 1):
            with pytest.raises(StreamingQueryException, match="power cut"):
                score(spark, version)
    assert cuts.made == [f"{when} {write}" for write in WRITES for when in ("before", "after")]
    score(spark, 50)
    land(payment("d", 5), payment("a", 6))
    score(spark, 51)

    raw, scored, refused = tables(spark)
    rows = scored.orderBy("seq").select("event_id", "user_payments_5m", "batch_id", "ruleset").collect()
    # the rules of the first try whose plan was kept, whatever they became meanwhile; new ones from the next batch on
    assert [(*row[:3], row[3].partition("#")[0]) for row in rows] == [
        ("a", 1, 0, "small@4"),
        ("b", 2, 0, "small@4"),
        ("c", 3, 0, "small@4"),
        ("d", 4, 1, "small@51"),
    ]
    reasons = refused.orderBy("seq").select("event_id", "reason", "batch_id").collect()
    assert [tuple(row) for row in reasons] == [
        (None, "not_json", 0),
        ("b", "duplicate", 0),
        (None, "poison", 0),
        ("a", "duplicate", 1),
    ]
    (counted,) = books(raw, scored, refused).collect()
    assert (counted["balanced"], counted["raw"], counted["pending"]) == (True, 8, 0)
    figures(f"{len(cuts.made)} cuts of one batch; {counted['doubled']} doubled, {counted['pending']} pending")


def test_without_the_guard_a_cut_behind_a_write_doubles_it(spark, land, monkeypatch, figures):
    land(payment("a", 0), "no json")
    monkeypatch.setattr(scorer, "append_once", append_anyway)
    cuts = Cuts(["before scored in quarantine"])
    with monkeypatch.context() as patch:
        patch.setattr(scorer, "append_once", cuts.around(append_anyway, name_of_append))
        with pytest.raises(StreamingQueryException, match="power cut after scored in quarantine"):
            score(spark, 1)
    score(spark, 1)
    (counted,) = books(*tables(spark)).collect()
    figures(f"1 cut; {counted['doubled']} doubled")
    assert (counted["balanced"], counted["doubled"]) == (False, 1)


def refusing(judged, *events):
    """Another code, which refuses these events."""

    def other(*arguments):
        is_refused = F.col("event_id").isin(*events)
        reason = F.when(is_refused, "wrong_type").otherwise(F.col("reason"))
        return lambda raw: raw.transform(judged(*arguments)).withColumn("reason", reason)

    return other


def test_a_batch_that_other_code_ends_than_began_it_settles_each_message_once(spark, land, monkeypatch):
    land(*(payment(f"p{number}", number) for number in range(4)))
    real = scorer.judged
    cuts = Cuts(["before scored in quarantine", "after scored in quarantine", "before again in quarantine"])
    for event, place in (("p1", "before scored in scored"), ("p2", "after again in quarantine")):
        with monkeypatch.context() as patch:
            patch.setattr(scorer, "judged", refusing(real, event))
            patch.setattr(scorer, "append_once", cuts.around(scorer.append_once, name_of_append))
            with pytest.raises(StreamingQueryException, match=f"power cut {place}"):
                score(spark, 1)
    monkeypatch.setattr(scorer, "judged", refusing(real, "p3"))
    score(spark, 1)
    raw, scored, refused = tables(spark)
    assert [row["event_id"] for row in refused.orderBy("seq").collect()] == ["p1", "p2", "p3"]
    assert [row["event_id"] for row in scored.orderBy("seq").collect()] == ["p0"]
    (counted,) = books(raw, scored, refused).collect()
    assert (counted["balanced"], counted["doubled"], counted["pending"]) == (True, 0, 0)
