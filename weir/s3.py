"""Where a lake is; of one on S3, what Spark and DuckDB are told, from the AWS_* variables of every AWS program."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pyarrow import fs

# of a server that is not Amazon's: none of them cares, but a signature needs one
REGION = "us-east-1"
CREDENTIALS = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"


def s3_uri(location: str) -> str:
    """'s3a://bucket/lake', as Hadoop writes it -> 's3://bucket/lake'; a path stays as it is."""
    return re.sub(r"^s3[an]://", "s3://", location)


def is_on_s3(location: str) -> bool:
    """Whether a path or URI lies on S3, by any of its names."""
    return s3_uri(location).startswith("s3://")


def file_system(location: str) -> tuple[fs.FileSystem, str]:
    """A path or URI -> the file system it is on, and the path there."""
    from pyarrow import fs

    return fs.FileSystem.from_uri(s3_uri(location)) if "://" in location else (fs.LocalFileSystem(), location)


def endpoint() -> str | None:
    """The URL of a server other than Amazon's, or None."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def region() -> str | None:
    """The region that the environment names, or None."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def hadoop_settings() -> dict[str, str]:
    """Spark settings for s3a://; keys come from where every AWS program finds them."""
    # Hadoop's own chain knows neither profiles nor single sign-on nor the identity of a pod
    keys = {"spark.hadoop.fs.s3a.aws.credentials.provider": CREDENTIALS}
    url = endpoint()
    if url is None:
        return keys
    return keys | {
        "spark.hadoop.fs.s3a.endpoint": url,
        "spark.hadoop.fs.s3a.endpoint.region": region() or REGION,
        # a bucket's own host name would need a name server that knows it
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }


def duckdb_secret() -> dict[str, str]:
    """Options of DuckDB's `create secret`, all of them texts; those that nobody set are left out."""
    import boto3

    found = boto3.Session().get_credentials()
    options = {"region": region()}
    if found:
        keys = found.get_frozen_credentials()
        options |= {"key_id": keys.access_key, "secret": keys.secret_key, "session_token": keys.token}
    return {name: text for name, text in options.items() if text} | _endpoint_options()


def s3_client() -> Any:
    """A client of S3 itself, for what a file system cannot say: boto3's, which has no Python types."""
    import boto3
    from botocore.config import Config

    # a bucket's own host name would need a name server that knows it; who holds a lease cannot wait for minutes
    style = {"addressing_style": "path"} if endpoint() else {}
    config = Config(s3=style, connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 3})
    # a session of its own: boto3's shared one keeps the keys that it met first, and is not for several threads
    session = boto3.Session(region_name=region() or (REGION if endpoint() else None))
    return session.client("s3", config=config)


def _endpoint_options() -> dict[str, str]:
    url = endpoint()
    if url is None:
        return {}
    place = urlsplit(url)
    ssl = "true" if place.scheme == "https" else "false"
    return {"endpoint": place.netloc, "url_style": "path", "use_ssl": ssl, "region": region() or REGION}
