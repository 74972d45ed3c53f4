"""`--from kinesis:STREAM`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from botocore.exceptions import BotoCoreError, ClientError
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.checkpoint import newest_offset
from spark_jobs.sources.kinesis_batch import Mark, marks_of, require_kept
from spark_jobs.sources.kinesis_reader import Kinesis, now_ms
from spark_jobs.sources.kinesis_stream import KinesisStream
from spark_jobs.sources.source import RecordSource
from weir.error import WeirError


@dataclass(frozen=True, slots=True)
class KinesisSource(RecordSource):
    """A stream by its name or ARN, and about how much of it one batch may take."""

    kind: ClassVar[str] = "kinesis"
    lane: ClassVar[str] = "split_part(partition, ':', 1)"
    # as text, because a sequence number has more digits than any number of Spark's
    order: ClassVar[tuple[str, ...]] = ("lpad(split_part(partition, ':', 2), 128, '0')", "position")

    place: str
    max_bytes: int = 256 * 1024 * 1024

    @property
    def name(self) -> str:
        return f"kinesis:{self.place}"

    def stream(self, spark: SparkSession, landed: Mapping[str, int], checkpoint: str) -> DataFrame:
        spark.dataSource.register(Kinesis)
        begin = json.dumps(_behind(landed))
        # where the driver finds the stream, whatever the executors' environment says
        meta = KinesisStream.at(self.place).client.meta
        options = {
            "stream": self.place,
            "region": meta.region_name,
            "endpoint": meta.endpoint_url,
            "maxBytes": str(self.max_bytes),
            "begin": begin,
            "reached": newest_offset(spark, checkpoint) or begin,
        }
        return spark.readStream.format(Kinesis.name()).options(**options).load()

    def require_kept(self, spark: SparkSession, reached: str | None, landed: Mapping[str, int]) -> None:
        try:
            stream = KinesisStream.at(self.place)
            require_kept(stream, stream.shards(), marks_of(json.loads(reached or "{}")), now_ms())
        except (BotoCoreError, ClientError) as error:
            why = str(error).rstrip(".")
            raise WeirError(
                f"{self.name}: {why}; check the name, the region and the AWS credentials"
            ) from error


def _behind(landed: Mapping[str, int]) -> dict:
    """The last record of each shard that `raw` holds -> the offset behind them."""
    places = (partition.split(":") for partition in landed)
    return {shard: asdict(Mark(sequence)) for shard, sequence in places}
