"""Run the streams of one or more domains from the command line or from Dagster."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pyspark.errors import StreamingQueryException

from spark_jobs.session import spark_session
from spark_jobs.stream import Drained, Intake, drain, intake, serve, writing


def intakes(
    domains: Sequence[str], source: str | None, form: str | None, mapping: Path | None, new_epoch: bool
) -> dict[str, Intake]:
    """Domain -> its intake; `{domain}` in the source stands for the domain's name."""
    return {
        name: intake(name, source and source.replace("{domain}", name), form, mapping, new_epoch)
        for name in domains
    }


def drain_domains(wanted: dict[str, Intake]) -> list[Drained]:
    """Land and score what there is now, one domain after the other."""
    spark = spark_session("weir stream", _connectors(wanted))
    return [drain(spark, domain, one) for domain, one in wanted.items()]


def serve_domains(wanted: dict[str, Intake]) -> None:
    """Land and score until Ctrl-C or until a query fails, whose error is raised."""
    spark = spark_session("weir stream", _connectors(wanted))
    with ExitStack() as leases:
        for domain in wanted:
            leases.enter_context(writing(domain, "weir stream"))
        services = [serve(spark, domain, one) for domain, one in wanted.items()]
        try:
            spark.streams.awaitAnyTermination()
        except StreamingQueryException:
            for service in services:
                service.explain_failure()
            raise
        finally:
            for service in services:
                service.stop()


def _connectors(wanted: dict[str, Intake]) -> tuple[str, ...]:
    """Coordinates of the jars that the sources need."""
    return tuple(jar for one in wanted.values() if one.source for jar in one.source.jars)
