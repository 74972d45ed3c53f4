"""A lease that machines share: an object on S3, which its holder writes anew before its term is over."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, NoReturn
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from spark_jobs.lease import Holder, LeaseHeld
from weir.error import WeirError
from weir.s3 import s3_client

# seconds: an object that nobody has written anew for a term is a dead holder's
TERM = 60.0
# how often it is written anew in a term
TURNS = 6
# the condition does not hold, the object is not there, somebody else writes it at this moment
REFUSALS = (412, 404, 409)
MEND = "see that the bucket is there and that AWS_* name a key which may read, write and delete in it"
log = logging.getLogger("weir.lease")


@contextmanager
def s3_lease(uri: str, holder: Holder, left: Holder | None = None, term: float = TERM) -> Iterator[None]:
    """Hold the object while the block runs, and write it anew in a thread.

    left: the dead holder that this home's lock names, whose object is taken over at once; another's when it has
    not changed for a term by this machine's clock. A holder that loses the object, or cannot reach it for two thirds
    of a term, ends its process: another machine may write now, and to be killed is safe at any moment.
    Raises LeaseHeld, WeirError.
    """
    mine = _Object(uri, holder)
    try:
        mine.take(left, term)
    except (BotoCoreError, ClientError) as cause:
        raise WeirError(f"{uri}: cannot be written ({cause}); {MEND}") from cause
    ended = Event()
    threads = [Thread(target=of, args=(ended, term), daemon=True) for of in (mine.keep, mine.watch)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        mine.give_back()


@dataclass(slots=True)
class _Object:
    """The object at `uri`, as one holder writes it; `tag`: of what it wrote last, and `renewed`: when it began to."""

    uri: str
    holder: Holder
    tag: str = ""
    writes: int = 0
    renewed: float = field(default_factory=monotonic)
    client: Any = field(default_factory=s3_client)

    @property
    def place(self) -> dict[str, str]:
        parts = urlsplit(self.uri)
        return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}

    def take(self, left: Holder | None, term: float) -> None:
        while not self._write(IfNoneMatch="*"):
            found = self._read()
            if found is None:
                continue
            other, tag = found
            if other != left:
                self._await_silence(tag, term)
            if self._write(IfMatch=tag):
                log.warning("%s: taken over from %s, which is gone", self.uri, other)
                return
        if self._write(IfNoneMatch="*"):
            log.warning("%s: this server ignores conditions; see to it that one machine writes", self.uri)

    def keep(self, ended: Event, term: float) -> None:
        """Write it anew until the block has ended."""
        while not ended.wait(term / TURNS):
            try:
                if not self._write(IfMatch=self.tag) and not (
                    self._is_mine() and self._write(IfMatch=self.tag)
                ):
                    self._end("another machine has taken it")
            except Exception as cause:
                # whatever it is: a lease that nobody renews is lost
                log.warning("%s: cannot be written anew: %s", self.uri, cause)

    def watch(self, ended: Event, term: float) -> None:
        """End the process in time when a write fails, or does not come back: S3's client may try for minutes."""
        while not ended.wait(term / TURNS / 4):
            if monotonic() - self.renewed > term * (1 - 2 / TURNS):
                self._end("could not be written anew, so another machine may take it")

    def give_back(self) -> None:
        try:
            self.client.delete_object(**self.place, IfMatch=self.tag)
        except (BotoCoreError, ClientError) as cause:
            log.warning("%s: is left behind, the next one waits for its term: %s", self.uri, cause)

    def _await_silence(self, tag: str, term: float) -> None:
        """Until the object has been as it is for a term. Raises LeaseHeld as soon as its holder writes it anew."""
        since = monotonic()
        while monotonic() - since < term:
            sleep(term / TURNS / 2)
            found = self._read()
            if found is None:
                return
            if found[1] != tag:
                raise LeaseHeld(self.uri, found[0])

    def _is_mine(self) -> bool:
        """Whether it is this holder's all the same: of a write whose answer was lost, the second try is refused."""
        found = self._read()
        if found is None or found[0] != self.holder:
            return False
        self.tag = found[1]
        return True

    def _write(self, **only: str) -> bool:
        """Write it if that holds -> whether it did."""
        self.writes += 1
        begun = monotonic()
        text = json.dumps(asdict(self.holder) | {"writes": self.writes})
        try:
            self.tag = self.client.put_object(**self.place, Body=text.encode(), **only)["ETag"]
        except ClientError as refusal:
            if refusal.response["ResponseMetadata"]["HTTPStatusCode"] in REFUSALS:
                return False
            raise
        self.renewed = begun
        return True

    def _read(self) -> tuple[Holder, str] | None:
        """Who holds it, and the tag of what it wrote; None when nobody does."""
        try:
            found = self.client.get_object(**self.place)
        except self.client.exceptions.NoSuchKey:
            return None
        values = json.loads(found["Body"].read())
        values.pop("writes")
        return Holder(**values), found["ETag"]

    def _end(self, why: str) -> NoReturn:
        log.critical("%s: %s; '%s' ends at once", self.uri, why, self.holder.name)
        os._exit(1)
