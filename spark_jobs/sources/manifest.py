"""The files that were admitted for landing: kept beside the checkpoint, in the order of their arrival.

Spark's own file source looks only at times: it passes over a file with an old one and takes no notice of a
rewritten one. This manifest knows a file by path, size, time and content.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from stat import S_ISREG

from spark_jobs.sources.store import Store
from weir.error import WeirError

UNFINISHED = (".tmp", ".crc")
FIRST, VOID = "first", "void"
LOG = re.compile(r"(?P<start>[0-9]{12})(?:[.](?P<tier>[0-9]+))?[.]jsonl")
# so many logs of one tier become one of the next
MOST_LOGS = 100


class BrokenManifest(WeirError):
    """A file of the manifest does not hold what was written into it."""

    def __init__(self, store: Store, name: str, fault: str) -> None:
        super().__init__(
            f"{store.folder}/{name}: {fault}; put back a whole copy of the checkpoint it is in, or move that away "
            "and go on behind what the tables hold with --new-epoch"
        )


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A file as the folder shows it: path relative to the folder, bytes, time of change in nanoseconds."""

    path: str
    size: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """A file that is to land, or has: its number in order of arrival, what it was then, and how to read it.

    digest: SHA-256 of its bytes, empty when it could not be read. mapping: the hash of a kept mapping.
    """

    ordinal: int
    folder: str
    path: str
    size: int
    changed_at: int
    digest: str
    format: str
    mapping: str | None

    @property
    def file(self) -> Path:
        return Path(self.folder, self.path)

    def as_found(self) -> Found:
        return Found(self.path, self.size, self.changed_at)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder's files are and how much of them one batch may take."""

    folder: str
    format: str = "json"
    mapping: str | None = None
    max_files: int = 1000
    max_bytes: int = 1_000_000_000


@dataclass(slots=True)
class Manifest:
    """The admitted files, in logs of JSON lines: one for each admission, and one in place of many.

    first: how many of them are held by the table already when the checkpoint is new.
    """

    store: Store
    admitted: list[Admitted] = field(default_factory=list)
    first: int = 0

    @classmethod
    def load(cls, location: str) -> Manifest:
        """A path or URI, which need not exist yet -> the manifest kept there. Raises BrokenManifest."""
        store = Store.at(location)
        names = store.names()
        admitted: dict[int, Admitted] = {}
        for name in names:
            if LOG.fullmatch(name):
                # a crash may have left a log beside the one that took its place
                admitted |= {entry.ordinal: entry for entry in _entries(store, name)}
        _require_all(store, admitted)
        first = _first_of(store) if FIRST in names else 0
        return cls(store, [admitted[ordinal] for ordinal in sorted(admitted)], first)

    def admit(self, found: Iterable[Found], reading: Reading) -> None:
        """Admit the new files among `found`, in path order, as many as one batch may take."""
        known = self.known(reading.folder)
        new = [file for file in sorted(found) if file.path not in known]
        self._append([entry for file in _first(new, reading) if (entry := _described(file, reading))])

    def hold(self, landed: Iterable[Admitted]) -> None:
        """Begin behind files that the table holds already: known from now on, and never landed again."""
        held = list(landed)
        # before the files themselves: cut short between, it is held again from the beginning
        self.first = len(self.admitted) + len(held)
        self.store.write(FIRST, str(self.first))
        self._append(held)

    def known(self, folder: str) -> dict[str, Admitted]:
        """A folder's admitted files by path; one that changed before it landed counts as never admitted."""
        void = self.void()
        entries = (entry for entry in self.admitted if entry.ordinal not in void)
        return {entry.path: entry for entry in entries if entry.folder == folder}

    def void(self) -> set[int]:
        """The ordinals of files that changed between their admission and their landing."""
        return {int(name) for name in self.store.names(VOID)}

    def make_void(self, ordinal: int) -> None:
        """Take an admission back before anything of it has landed; the file is admitted anew as it is now."""
        self.store.write(f"{VOID}/{ordinal}", "")

    def _append(self, entries: list[Admitted]) -> None:
        start = len(self.admitted)
        numbered = [replace(entry, ordinal=start + n) for n, entry in enumerate(entries)]
        if numbered:
            self.admitted += numbered
            self._write_log(f"{start:012}.jsonl", start)
            self._merge_logs()

    def _merge_logs(self, tier: int = 0) -> None:
        """Put one log of the next tier in place of a tier's logs when they are many: the newest, down to the last."""
        found = (LOG.fullmatch(name) for name in self.store.names())
        logs = [log for log in found if log and int(log["tier"] or 0) == tier]
        if len(logs) < MOST_LOGS:
            return
        start = logs[0]["start"]
        self._write_log(f"{start}.{tier + 1}.jsonl", int(start))
        for log in logs:
            self.store.remove(log[0])
        self._merge_logs(tier + 1)

    def _write_log(self, name: str, start: int) -> None:
        entries = self.admitted[start:]
        self.store.write(name, "".join(json.dumps(asdict(entry)) + "\n" for entry in entries))


def _entries(store: Store, name: str) -> list[Admitted]:
    """One log of a manifest -> its admissions, the first of which has the number in the log's name."""
    try:
        entries = [Admitted(**json.loads(line)) for line in store.read(name).splitlines()]
    except (ValueError, TypeError) as error:
        raise BrokenManifest(store, name, f"is broken ({error})") from error
    if not entries or entries[0].ordinal != int(name[: len(f"{0:012}")]):
        raise BrokenManifest(store, name, "is empty, or does not begin with the file in its name")
    return entries


def _require_all(store: Store, admitted: Mapping[int, Admitted]) -> None:
    gap = next((ordinal for ordinal in range(len(admitted)) if ordinal not in admitted), None)
    if gap is not None:
        raise BrokenManifest(store, f"{gap:012}*.jsonl", "a log with this file in it is gone or torn")


def _first_of(store: Store) -> int:
    text = store.read(FIRST)
    if not text.isdecimal():
        raise BrokenManifest(store, FIRST, f"is broken ({text[:40]!r})")
    return int(text)


def left_out(manifest: Manifest, folder: str, seen: set[Found]) -> list[str]:
    """A line for each file of a folder whose bytes, as they are now, have not been and will not be landed.

    seen: files that were touched and hold what they held, so that their bytes are not read at each look; grows.
    """
    known = manifest.known(folder)
    taken_back = manifest.void()
    void = {entry.path for entry in manifest.admitted if entry.ordinal in taken_back} - set(known)
    found = list_files(folder)
    again = [file for file in found if file.path in known and file not in seen]
    rewritten = [file.path for file in again if has_changed(known[file.path], file)]
    touched = (file for file in again if file != known[file.path].as_found())
    seen.update(file for file in touched if file.path not in rewritten)
    unfinished = [file.path for file in found if file.path in void]
    return [
        *(
            f"{folder}/{path}: rewritten after it landed and left out; rename it to land it"
            for path in rewritten
        ),
        *(f"{folder}/{path}: changed while it landed; run again when it is complete" for path in unfinished),
        *(
            f"{folder}/{_shown(file.path)}: its name is not UTF-8, so it is left out; rename it to land it"
            for file in sorted(_walk(Path(folder)))
            if not _is_text(file.path)
        ),
    ]


def list_files(folder: str) -> list[Found]:
    """A folder -> its files at any depth in path order, without hidden, unfinished and ill-named ones."""
    return sorted(file for file in _walk(Path(folder)) if _is_text(file.path))


def has_changed(entry: Admitted, now: Found) -> bool:
    """Whether a file's bytes differ from those admitted; read only when nothing but its time tells."""
    if now == entry.as_found():
        return False
    return now.size != entry.size or digest_of(entry.file) != entry.digest


def stat_of(entry: Admitted) -> Found | None:
    """An admitted file as it is now, or None when it is gone."""
    try:
        status = entry.file.stat()
    except OSError:
        return None
    return Found(entry.path, status.st_size, status.st_mtime_ns)


def digest_of(file: Path) -> str:
    """SHA-256 of a file's bytes, empty when they cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _is_text(path: str) -> bool:
    # Python has a lone surrogate for each byte that is not UTF-8; no table can hold one
    return _shown(path) == path


def _shown(path: str) -> str:
    return os.fsencode(path).decode(errors="backslashreplace")


def _walk(folder: Path) -> Iterator[Found]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            if name.startswith((".", "_")) or name.endswith(UNFINISHED):
                continue
            file = Path(parent, name)
            try:
                status = file.stat()
            except OSError:
                # it went away while the folder was listed, or is a link to nothing
                continue
            if S_ISREG(status.st_mode):
                yield Found(file.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns)


def _first(files: list[Found], reading: Reading) -> Iterator[Found]:
    """As many of the first files as one batch may take; always at least one, however large."""
    size = 0
    for count, file in enumerate(files):
        size += file.size
        if count and (count >= reading.max_files or size > reading.max_bytes):
            return
        yield file


def _described(file: Found, reading: Reading) -> Admitted | None:
    """What to keep of a file, as it is by now; None when it went away meanwhile."""
    entry = Admitted(0, reading.folder, file.path, -1, 0, "", reading.format, reading.mapping)
    now = stat_of(entry)
    if now is None:
        return None
    return replace(entry, size=now.size, changed_at=now.changed_at, digest=digest_of(entry.file))
