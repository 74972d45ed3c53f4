"""Run the streams of one or more domains from the command line or from Dagster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from pyspark.errors import StreamingQueryException

from orchestration.left_out import LeftOutFiles
from orchestration.stop_signals import stop_requested
from orchestration.wall_clock import WallClock
from spark_jobs.batch_report import Report
from spark_jobs.intake import Intake, intake
from spark_jobs.landing import LeftOut
from spark_jobs.session import spark_session
from spark_jobs.stream import Drained, drain, serve
from spark_jobs.writing import writing


def intakes(
    domains: Sequence[str],
    source: str | None,
    form: str | None,
    mapping: Path | None,
    new_epoch: bool,
    max_age: str | None = None,
) -> dict[str, Intake]:
    """Domain -> its intake; `{domain}` in the source stands for the domain's name."""
    return {
        name: intake(name, source and source.replace("{domain}", name), form, mapping, new_epoch, max_age)
        for name in domains
    }


def drain_domains(wanted: dict[str, Intake]) -> list[Drained]:
    """Land and score what there is now, one domain after the other; LeftOut at the very end."""
    spark, drained, left_out = spark_session("weir stream", _connectors(wanted)), [], []
    for domain, one in wanted.items():
        try:
            drained.append(drain(spark, domain, one))
        except LeftOut as files:
            left_out.append(str(files))
    if left_out:
        raise LeftOut("\n".join(left_out))
    return drained


def serve_domains(
    wanted: dict[str, Intake], say: Callable[[str], None], report: Report | None = None
) -> None:
    """Land and score until SIGINT (Ctrl-C) or SIGTERM, and end after the batch at hand; a second one ends at once.

    say: called with each turn in a line; report: with what each batch did. A query that fails ends the others, and its
    error is raised; so does a clock that was set back (ClockSetBack).
    """
    spark = spark_session("weir stream", _connectors(wanted))
    # behind the session, which has a handler of its own that would cancel the batch
    with stop_requested() as stop, ExitStack() as leases:
        for domain in wanted:
            leases.enter_context(writing(domain, "weir stream"))
        # one that ended before is none of these
        spark.streams.resetTerminated()
        clock = WallClock()
        services = [serve(spark, domain, one, report) for domain, one in wanted.items()]
        left_out = LeftOutFiles([service.left_out for service in services], say)
        say(f"streaming {', '.join(wanted)} until Ctrl-C")
        try:
            while not stop.is_set() and not spark.streams.awaitAnyTermination(timeout=1):
                clock.require_steady()
                left_out.look_now_and_then()
            say("ending after the batch at hand; again ends at once")
        except StreamingQueryException:
            for service in services:
                service.explain_failure()
            raise
        finally:
            for service in services:
                service.stop()
    say(f"ended streaming {', '.join(wanted)}")


def _connectors(wanted: dict[str, Intake]) -> tuple[str, ...]:
    """Coordinates of the jars that the sources need."""
    return tuple(jar for one in wanted.values() if one.source for jar in one.source.jars)
