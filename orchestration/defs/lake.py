"""The lake's tables as assets; one drain of a domain's stream fills raw, quarantine and scored."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.defs.tables import table_metadata
from orchestration.spark import Spark
from weir.pack import domains, load_pack

Materialized = dg.MaterializeResult[Any]
SPLIT_BY = {"raw": "format", "quarantine": "reason", "scored": "action"}
DESCRIPTIONS = {
    "raw": "Messages as they were received, none changed, none lost.",
    "quarantine": "Message parts that did not become events, each with its reasons.",
    "scored": "Events with their features, score, action and reasons.",
}


READS = {domain: load_pack(domain).lists for domain in domains()}
LISTS = sorted(set(chain(*READS.values())))


class Source(dg.Config):
    """Where messages come from: files:DIR, or null for what raw holds already; and their format."""

    source: str | None = None
    format: str = "json"


class File(dg.Config):
    """A file to load; null loads nothing."""

    file: str | None = None


class ListFile(File):
    """shrink: load it even if it delists more than half of its publisher's values."""

    shrink: bool = False


def _drained(domain: str) -> dg.AssetsDefinition:
    messages, lists = ["messages", domain], [["reference", name] for name in READS[domain]]
    upstream: dict[str, list[list[str]]] = {
        "raw": [messages],
        "quarantine": [["raw", domain]],
        "scored": [["raw", domain], *lists],
    }
    shared = {"group_name": domain, "kinds": {"delta", "spark"}}
    specs = [
        dg.AssetSpec([zone, domain], deps=deps, description=DESCRIPTIONS[zone], **shared)
        for zone, deps in upstream.items()
    ]

    @dg.multi_asset(specs=specs, name=f"drain_{domain}")
    def drained(config: Source, spark: Spark) -> Iterator[Materialized]:
        """Land what the source holds and score what has landed."""
        done = _drain(spark, domain, config)
        for zone, column in SPLIT_BY.items():
            metadata = {**table_metadata(zone, domain, column), **done}
            yield dg.MaterializeResult(asset_key=[zone, domain], metadata=metadata)

    return drained


def _drain(spark: Spark, domain: str, config: Source) -> dict[str, Any]:
    """What was done, in counts. A service that streams this domain already is left to do it."""
    from spark_jobs.intake import intake
    from spark_jobs.lease import LeaseHeld
    from spark_jobs.stream import drain

    try:
        drained = drain(spark.session, domain, intake(domain, config.source, config.format, None))
    except LeaseHeld as held:
        return {"left to": held.holder.name}
    return {"landed": drained.landed.messages, "scored": drained.scored, "quarantined": drained.quarantined}


def _labels(domain: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["labels", domain],
        deps=[["messages", domain]],
        group_name=domain,
        kinds={"delta", "spark"},
        op_tags={"domain": domain},
    )
    def labels(config: File, spark: Spark) -> Materialized:
        """What turned out to be fraud."""
        from spark_jobs.labels import load_labels

        loaded = load_labels(spark.session, domain, Path(config.file)) if config.file else 0
        metadata = {**table_metadata("labels", domain, "is_fraud"), "loaded": loaded}
        return dg.MaterializeResult(metadata=metadata)

    return labels


def _reference(name: str) -> dg.AssetsDefinition:
    deps = [["messages", domain] for domain in READS if name in READS[domain]]

    @dg.asset(key=["reference", name], deps=deps, group_name="reference", kinds={"delta", "spark"})
    def reference(config: ListFile, spark: Spark) -> Materialized:
        """A list that events are looked up in."""
        from spark_jobs.reference import load_reference

        loaded = {}
        if config.file:
            loaded = load_reference(spark.session, name, Path(config.file), may_shrink=config.shrink)
        return dg.MaterializeResult(metadata={**table_metadata("reference", name), **loaded})

    return reference


drained = [_drained(domain) for domain in domains()]
labels = [_labels(domain) for domain in domains()]
reference = [_reference(name) for name in LISTS]
