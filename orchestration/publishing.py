"""Versions of the marts: one being built, one that the pointer names, a few older ones for readers."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.waiting import only_one
from weir.settings import settings
from weir.warehouse import POINTER, WAREHOUSE, published_version, warehouse_path

# a table's path in the lake -> version and digest of its newest commit
Commits = dict[str, tuple[int, str]]
KEPT_VERSIONS = 3
FINGERPRINT, COMMITS = "models", "commits.json"
BUILDING = ".building"


def only_builder() -> AbstractContextManager[None]:
    """Hold the marts for building; a second builder waits."""
    return only_one(settings().marts / ".lock")


@contextmanager
def building(copy_of: str | None) -> Iterator[Path]:
    """A warehouse file to build, begun as a copy of a version or not there; removed when the build fails.

    Always the same path, so that dbt need not parse its project anew. What a killed build left is removed.
    """
    folder = settings().marts / BUILDING
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if copy_of is not None:
        shutil.copyfile(warehouse_path(copy_of), folder / WAREHOUSE)
    try:
        yield folder / WAREHOUSE
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(warehouse: Path, fingerprint: str, commits: Commits) -> str:
    """Give a finished warehouse its version and move the pointer to it -> the version.

    Readers see the old marts or the new, never a mixture. fingerprint, commits: what it was built with and from.
    """
    version = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    warehouse.with_name(FINGERPRINT).write_text(fingerprint)
    warehouse.with_name(COMMITS).write_text(json.dumps(commits))
    warehouse.parent.rename(settings().marts / version)
    pointer = settings().marts / POINTER
    unfinished = pointer.with_suffix(".unfinished")
    with unfinished.open("w") as file:
        file.write(version)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(pointer)
    return version


def fingerprint_of(version: str) -> str | None:
    """What `publish` was told about a version, or None."""
    path = warehouse_path(version).with_name(FINGERPRINT)
    return path.read_text() if path.exists() else None


def commits_of(version: str) -> Commits | None:
    """What `publish` was told of the tables that a version was built from, or None."""
    path = warehouse_path(version).with_name(COMMITS)
    return json.loads(path.read_text()) if path.exists() else None


def prune() -> list[str]:
    """Remove old versions -> those removed: all but the newest few, the published one, those being read."""
    versions = sorted(path.parent.name for path in settings().marts.glob(f"[0-9]*/{WAREHOUSE}"))
    kept = {published_version(), *versions[-KEPT_VERSIONS:]}
    removed = [
        version for version in versions if version not in kept and not _is_read(warehouse_path(version))
    ]
    for version in removed:
        shutil.rmtree(warehouse_path(version).parent)
    return removed


def remove_others() -> None:
    """Remove all versions but the published one, and what a killed build left; the caller holds the marts.

    Who reads one of them reads on: the disk lets go of a file when nobody has it open.
    """
    for folder in (*settings().marts.glob("[0-9]*"), settings().marts / BUILDING):
        if folder.name != published_version():
            shutil.rmtree(folder, ignore_errors=True)


def withdraw() -> None:
    """Take the pointer and all versions away; the caller holds the marts."""
    (settings().marts / POINTER).unlink(missing_ok=True)
    remove_others()


def _is_read(warehouse: Path) -> bool:
    """Whether another process has the file open: DuckDB holds a lock on it then."""
    with warehouse.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
