"""Build the marts with dbt from one state of the lake, and publish them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dbt_project.lake import DOMAINS, VERSIONS
from dbt_project.run import PROJECT, DbtError, run_dbt
from dbt_project.sources import marts_domains
from orchestration.publishing import (
    Commits,
    building,
    commits_of,
    fingerprint_of,
    only_builder,
    prune,
    publish,
    remove_others,
    withdraw,
)
from weir.delta_log import commit_digest, only_appended
from weir.error import WeirError
from weir.settings import settings
from weir.warehouse import newest_versions, published_version, tables_of, warehouse_path

Pins = Mapping[str, int | None]
# what incremental models read; the rest is small and read whole
APPENDED_ZONES = ("raw", "quarantine", "scored")


class MartsError(WeirError):
    """dbt could not build the marts; those published before are still there."""


@dataclass(frozen=True, slots=True)
class MartsBuilt:
    """A published build: its version and file, the rows of every mart, and whether it adds to the one before."""

    version: str
    path: Path
    rows: dict[str, int]
    incremental: bool


@dataclass(frozen=True, slots=True)
class Build:
    """Marts that are being built: whoever runs dbt gives it these arguments and variables, then publishes."""

    warehouse: Path
    domains: tuple[str, ...]
    pins: Pins
    commits: Commits
    fingerprint: str
    incremental: bool

    @property
    def arguments(self) -> list[str]:
        """What dbt is called with, the project and its profiles aside."""
        skipped = ["--exclude-resource-type", "unit_test"]
        return ["build", *skipped, "--vars", json.dumps({"domains": list(self.domains)})]

    @property
    def environment(self) -> dict[str, str]:
        """What dbt is told beside this process's own variables; paths are absolute, as dbt changes folder."""
        places = settings()
        return {
            "WEIR_HOME": str(places.root),
            "WEIR_LAKE": places.table("", "").rstrip("/"),
            "WEIR_DOMAINS": str(places.domains.resolve()),
            "WEIR_WAREHOUSE": str(self.warehouse),
            "DBT_TARGET_PATH": str(dbt_target()),
            "DBT_LOG_PATH": str(dbt_target().with_name("logs")),
            DOMAINS: json.dumps(list(self.domains)),
            VERSIONS: json.dumps(dict(self.pins)),
        }

    def publish(self) -> MartsBuilt:
        """Count what dbt built and let readers have it."""
        rows = _rows(self.warehouse)
        version = publish(self.warehouse, self.fingerprint, self.commits)
        prune()
        return MartsBuilt(version, warehouse_path(version), rows, self.incremental)


def build_marts(domains: Sequence[str] | None = None, full_refresh: bool = False) -> MartsBuilt:
    """Build every mart from the lake as it is now, and publish them -> what was built.

    domains: the packs to show, all that have a staging model unless given. What was published before is added
    to where that is the same as building anew; full_refresh builds anew. Raises MartsError, PackError.
    """
    with started_build(domains, full_refresh) as build:
        _run_dbt(build)
        return build.publish()


def rebuild_marts() -> MartsBuilt | None:
    """Build every mart anew and remove all other versions, those that are being read too; None without marts.

    For when rows were removed from the lake: marts that show them are taken away too when dbt cannot build others.
    Raises MartsError then.
    """
    if not settings().marts.exists():
        return None
    try:
        built = build_marts(full_refresh=True) if published_version() else None
    except MartsError as error:
        with only_builder():
            withdraw()
        raise MartsError(
            f"{error}\nThe marts showed what was removed, so they are taken away: mend that, then run `weir marts`"
        ) from error
    with only_builder():
        remove_others()
    return built


@contextmanager
def started_build(domains: Sequence[str] | None = None, full_refresh: bool = False) -> Iterator[Build]:
    """As `build_marts`, for a caller who runs dbt; what is not published in the block is thrown away."""
    shown = _shown(domains)
    with only_builder():
        pins = newest_versions(tables_of(shown))
        fingerprint = models_fingerprint(shown)
        previous = None if full_refresh else _extendable(pins, fingerprint)
        with building(copy_of=previous) as warehouse:
            yield Build(warehouse, tuple(shown), pins, _commits(pins), fingerprint, previous is not None)


def dbt_target() -> Path:
    """Where dbt keeps what it parsed and compiled."""
    return settings().root / "dbt" / "target"


def models_fingerprint(domains: Sequence[str]) -> str:
    """What decides how the marts come out beside the lake: the domains, and every file of the dbt project."""
    digest = hashlib.sha256(json.dumps(list(domains)).encode())
    for path in sorted(PROJECT.rglob("*")):
        if path.suffix in {".sql", ".yml"} and "target" not in path.relative_to(PROJECT).parts:
            digest.update(path.relative_to(PROJECT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _shown(domains: Sequence[str] | None) -> list[str]:
    available = marts_domains(settings().domains)
    shown = available if domains is None else sorted(set(domains))
    unknown = [domain for domain in shown if domain not in available]
    if unknown or not shown:
        models = PROJECT / "models" / "staging"
        raise MartsError(
            f"no marts for {', '.join(unknown) or 'no domain'}: there are {', '.join(available) or 'none'}; "
            f"a domain needs a pack in {settings().domains} and a model {models}/stg_<domain>.sql"
        )
    return shown


def _extendable(pins: Pins, fingerprint: str) -> str | None:
    """The published version, if adding the new batches to it gives the same as building anew."""
    version = published_version()
    if version is None or fingerprint_of(version) != fingerprint:
        return None
    held = commits_of(version)
    is_extended = held is not None and all(_grew(table, *held[table], pins.get(table)) for table in held)
    return version if is_extended else None


def _grew(table: str, version: int, digest: str, pinned: int | None) -> bool:
    """Whether a table is the one whose commit that was, and has only been appended to since."""
    place = _place(table)
    if pinned is None or commit_digest(place, version) != digest:
        return False
    return only_appended(place, version, pinned)


def _commits(pins: Pins) -> Commits:
    """What tells, when they are built from next, whether another lake has taken the place of these tables."""
    appended = {table: version for table, version in pins.items() if table.split("/")[0] in APPENDED_ZONES}
    return {
        table: (version, commit_digest(_place(table), version) or "")
        for table, version in appended.items()
        if version is not None
    }


def _place(table: str) -> str:
    zone, name = table.split("/")
    return settings().table(zone, name)


def _run_dbt(build: Build) -> None:
    try:
        run_dbt(*build.arguments, "--target", "duckdb", environment=build.environment)
    except DbtError as error:
        raise MartsError(f"dbt could not build the marts:\n{error}") from error


def _rows(warehouse: Path) -> dict[str, int]:
    # opened for writing once more, so that nothing is left outside the file
    with duckdb.connect(warehouse) as connection:
        connection.execute("checkpoint")
        names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        counts = (connection.execute(f'select count(*) from "{name}"').fetchone() for (name,) in names)
        return {name: count[0] for (name,), count in zip(names, counts, strict=True) if count}
