"""The pinned jars that Spark needs beside its own, fetched without Maven.

python -m spark_jobs.jars     their paths, as `spark-submit --jars` takes them
"""

from __future__ import annotations

from jgo.maven import MavenContext

from weir.error import WeirError
from weir.s3 import is_on_s3
from weir.settings import settings

DELTA = (
    "io.delta:delta-spark_4.2_2.13:4.4.0",
    "io.delta:delta-storage:4.4.0",
    "io.delta:delta-kernel-api:4.4.0",
    "io.delta:delta-kernel-defaults:4.4.0",
    "io.delta:delta-kernel-unitycatalog:4.4.0",
    "io.unitycatalog:unitycatalog-client:0.6.0",
)
KAFKA = (
    "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0",
    # 4.0.0 serves 4.2.0 as well, and more mirrors hold it
    "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0",
    "org.apache.kafka:kafka-clients:3.9.2",
    "org.apache.commons:commons-pool2:2.13.1",
    "org.scala-lang.modules:scala-parallel-collections_2.13:1.2.0",
)
# 714 MB, so only for a lake that is on S3
S3A = (
    "org.apache.hadoop:hadoop-aws:3.5.0",
    "software.amazon.awssdk:bundle:2.35.4",
    "software.amazon.s3.analyticsaccelerator:analyticsaccelerator-s3:1.3.0",
    "org.wildfly.openssl:wildfly-openssl:2.2.5.Final",
)


class JarError(WeirError):
    """A jar could be neither found in the local Maven cache nor fetched."""


def jars(connectors: tuple[str, ...] = ()) -> list[str]:
    """Paths of the jars that a session with these settings needs, fetched when missing; see resolve.

    connectors: coordinates of what its sources need beside.
    """
    places = settings()
    needed = jars_for(places.table("raw", "any"), places.checkpoint("any"))
    return resolve((*needed, *dict.fromkeys(connectors)))


def jars_for(*locations: str) -> tuple[str, ...]:
    """Where the lake and its checkpoints are -> `group:artifact:version` of the jars they need."""
    return DELTA + (S3A if any(map(is_on_s3, locations)) else ())


def resolve(coordinates: tuple[str, ...]) -> list[str]:
    """Coordinates -> paths of local jars, fetched into ~/.m2 when missing; JarError names the jar."""
    context = MavenContext()
    return [_jar(context, coordinate) for coordinate in coordinates]


def _jar(context: MavenContext, coordinate: str) -> str:
    group, artifact, version = coordinate.split(":")
    try:
        return str(context.project(group, artifact).at_version(version).artifact().resolve())
    except Exception as error:  # whatever the HTTP client, the parser or the checksum of jgo raises
        mend = "connect once, or copy the jar there"
        raise JarError(f"{coordinate}: is not in ~/.m2 and cannot be fetched ({error}); {mend}") from error


if __name__ == "__main__":
    print(",".join(jars(KAFKA)))
