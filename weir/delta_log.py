"""A Delta table's log, read without Spark: its newest version, and whether rows were ever taken away."""

from __future__ import annotations

import hashlib
import json
import re

from pyarrow import fs

from weir.s3 import file_system

COMMIT = re.compile(r"(\d{20})\.json")


def delta_version(location: str) -> int | None:
    """The newest committed version of the table at a path or URI, or None when there is no table yet."""
    files, log = _log(location)
    versions = [int(match[1]) for name in _names(files, log) if (match := COMMIT.fullmatch(name))]
    return max(versions, default=None)


def commit_digest(location: str, version: int) -> str | None:
    """What tells a commit from that of the same version in another table; None when its file is gone."""
    files, log = _log(location)
    try:
        with files.open_input_stream(f"{log}/{version:020d}.json") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except FileNotFoundError:
        return None


def only_appended(location: str, since: int, until: int) -> bool:
    """Whether the commits after `since`, up to `until`, took no rows away (compaction does not).

    A commit whose file is gone cannot vouch for itself, so the answer is no.
    """
    files, log = _log(location)
    paths = [f"{log}/{version:020d}.json" for version in range(since + 1, until + 1)]
    return since <= until and not any(_takes_rows_away(files, path) for path in paths)


def _takes_rows_away(files: fs.FileSystem, path: str) -> bool:
    try:
        with files.open_input_stream(path) as stream:
            actions = [json.loads(line) for line in stream.read().decode().splitlines() if line]
    except FileNotFoundError:
        return True
    return any(action.get("remove", {}).get("dataChange", False) for action in actions)


def _log(location: str) -> tuple[fs.FileSystem, str]:
    files, path = file_system(location)
    return files, f"{path}/_delta_log"


def _names(files: fs.FileSystem, folder: str) -> list[str]:
    return [entry.base_name for entry in files.get_file_info(fs.FileSelector(folder, allow_not_found=True))]
