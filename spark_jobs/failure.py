"""What a failure of Spark comes down to: one line for a person, and whether storage is to blame."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from weir.settings import settings

NO_ROOM = re.compile("No space left on device|Disk quota exceeded|not enough space")
OF_STORAGE = re.compile(r"java\.(io|net|nio)\.|org\.apache\.hadoop\.|software\.amazon\.awssdk\.")
# a worker that a message has killed is gone from its socket, which is no fault of storage
DEAD_WORKER = "Python worker exited"
# how both languages write what was thrown, each at the beginning of a line: the last one is the root of it all
THROWN = re.compile(
    r"^(?:Caused by: |: )?(?:[A-Za-z_][\w$]*\.)*[A-Za-z_][\w$]*(?:Error|Exception|[a-z]): (\S.*)$", re.M
)
SQLSTATE = re.compile(r"\s*SQLSTATE: \w+\s*$")
QUERY = re.compile(r"^Identifier: (\S+) \[", re.M)
AGAIN = "nothing is lost: the batch at hand is made again at the next start"


def blames_storage(failure: BaseException) -> bool:
    """Whether a disk, an object store or the way to it failed, which no message of a batch can help."""
    if isinstance(failure, OSError):
        return True
    causes = list(_causes(failure))
    if any(DEAD_WORKER in message for _, message in causes):
        return False
    return any(OF_STORAGE.match(kind) for kind, _ in causes)


def user_message(failure: BaseException) -> str | None:
    """A failure of Spark or of the disk -> what a person should read, None of any other kind."""
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_room("")
    if isinstance(failure, OSError):
        return str(failure)
    if not isinstance(failure, PySparkException | Py4JError):
        return None
    query = QUERY.search(str(failure))
    where = f"{query[1]}: " if query else ""
    line = root_line(failure)
    return _no_room(where) if NO_ROOM.search(line) else f"{where}{line}" + (f"; {AGAIN}" if query else "")


def root_line(failure: BaseException) -> str:
    """The first line of what a failure comes down to, however many others were made of it on the way."""
    messages = [message for _, message in _causes(failure) if message]
    text = messages[-1] if messages else str(failure)
    # what went from Python to Java, or the other way, takes its causes along as text
    if "Traceback (most" in text or "\tat " in text:
        text = (THROWN.findall(text) or [text])[-1]
    return SQLSTATE.sub("", text.strip().partition("\n")[0])


def _no_room(where: str) -> str:
    place = min(_disks(), key=lambda folder: shutil.disk_usage(folder).free)
    usage = shutil.disk_usage(place)
    return (
        f"{where}no space left on the disk that holds {place} ({usage.free:,} of {usage.total:,} bytes are free); "
        f"make room there and run it again; {AGAIN}"
    )


def _disks() -> Iterator[Path]:
    """Where this process writes: the nearest folder that is there already of each place."""
    places = settings()
    written = (places.table("raw", "any"), places.checkpoint("any"), places.root, tempfile.gettempdir())
    for place in written:
        path = Path(place)
        if "://" not in str(place):
            yield next(folder for folder in (path, *path.parents) if folder.exists())


def _causes(failure: BaseException) -> Iterator[tuple[str, str]]:
    """Class and message of each Java exception that a failure stands for, the last one the root."""
    thrown: Any = getattr(failure, "java_exception", None) or getattr(failure, "_origin", None)
    while thrown is not None:
        yield thrown.getClass().getName(), thrown.getMessage() or ""
        thrown = thrown.getCause()
