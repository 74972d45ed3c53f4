"""What the packs promise, by the stream's own steps: ordinary simulated events pass, attacks do not."""

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from domains.faults import Faults
from domains.simulation import Simulation, simulate
from spark_jobs.decisions import with_decision
from spark_jobs.enriched import with_enrichments
from spark_jobs.features import with_features
from spark_jobs.judged import filter_valid, judged
from weir.pack import load_pack

RAW = (
    "source string, partition string, position bigint, payload binary, format string, mapping string,"
    " received_at timestamp, received_date date, seq bigint, batch_id bigint"
)
DAY, MOMENT = date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC)
MOST_ALARMS = 0.01  # of the ordinary events may be challenged or blocked
LEAST_FLAGGED = 0.75  # of the attacks' events: the first ones of a burst look like anybody's


def _raw(spark: SparkSession, simulation: Simulation) -> DataFrame:
    rows = [
        ("files:/in", "a.jsonl", seq, bytearray(message.body), "json", None, MOMENT, DAY, seq, 0)
        for seq, message in enumerate(simulation.messages())
    ]
    return spark.createDataFrame(rows, RAW)


def _lists(spark: SparkSession, simulation: Simulation) -> dict[str, DataFrame]:
    schema = "value string, listed_at timestamp, delisted_at timestamp"
    return {
        name: spark.createDataFrame([(value, None, None) for value in values], schema)
        for name, values in simulation.reference.items()
    }


@pytest.mark.parametrize("domain", ["payments", "crypto"])
def test_ordinary_events_pass_and_attacks_are_flagged(spark, domain):
    pack = load_pack(domain)
    simulation = simulate(domain, 6000, seed=11, attack_rate=0.04, faults=Faults(duplicate=0, malformed=0))
    decided = (
        _raw(spark, simulation)
        .transform(judged(pack.contract))
        .transform(filter_valid)
        .transform(with_enrichments(pack.enrichments, _lists(spark, simulation)))
        .transform(with_features(pack.features))
        .transform(with_decision(pack))
    )
    actions = {row.event_id: row.action for row in decided.select("event_id", "action").collect()}
    assert len(actions) == 6000

    by_label: dict[bool, list[str]] = {True: [], False: []}
    for label in simulation.labels():
        by_label[label["is_fraud"]].append(actions[label["event_id"]])
    alarms = [action for action in by_label[False] if action in ("challenge", "block")]
    flagged = [action for action in by_label[True] if action != "allow"]
    assert len(alarms) < MOST_ALARMS * len(by_label[False])
    assert len(flagged) > LEAST_FLAGGED * len(by_label[True])
