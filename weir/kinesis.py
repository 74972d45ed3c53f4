"""Kinesis as boto3 calls it: what those who send to a stream and those who read one have in common."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from weir import s3

# of a call that is refused as a whole; botocore waits longer and longer, up to 20 s
RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})


def kinesis_client(region: str | None = None, endpoint: str | None = None) -> Any:
    """boto3's client, which has no Python types; of the environment's region and endpoint when none is given."""
    # of the two variables boto3 itself reads AWS_DEFAULT_REGION alone; a session of its own, as in weir.s3
    session = boto3.Session(region_name=region or s3.region())
    return session.client("kinesis", endpoint_url=endpoint, config=RETRIES)


def stream_argument(stream: str) -> dict[str, str]:
    """A stream's name or ARN -> the argument that tells a call which stream is meant."""
    return {"StreamARN" if stream.startswith("arn:") else "StreamName": stream}
