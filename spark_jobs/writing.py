"""Who may write to a domain: one process of this home, and of all machines that share a lake on S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spark_jobs.lease import Holder, lease
from weir.s3 import is_on_s3, s3_uri
from weir.settings import settings


@contextmanager
def writing(what: str, name: str) -> Iterator[Holder]:
    """Hold the lease of a domain, its labels or a list while the block runs: one writer at a time. Raises LeaseHeld."""
    with lease(settings().root / "leases" / what, name) as (holder, left):
        shared = settings().lease(what)
        if not is_on_s3(shared):
            yield holder
            return
        # boto3 takes its time to import
        from spark_jobs.s3_lease import s3_lease

        with s3_lease(s3_uri(shared), holder, left):
            yield holder
