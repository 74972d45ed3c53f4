"""weir doctor: what is here, what is missing, how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version

from orchestration.commands.show import AsJson, fail, show
from weir.error import WeirError
from weir.settings import settings

Finding = tuple[bool, str, str]
AGAIN = "run make setup again"
# of what fails in other words than Weir's own
MENDS = {
    "duckdb": f"see that WEIR_LAKE is there and AWS_* open it; or {AGAIN}",
    "home": "set WEIR_HOME to a writable folder",
}


def doctor(as_json: AsJson = False) -> None:
    """Say what is here, what is missing and how to mend it; exit 1 when something needed is missing."""
    rows = [_row(name, examine) for name, examine in EXAMINATIONS.items()]
    show(rows, as_json, "doctor")
    if not all(row["ok"] for row in rows):
        fail("something needed is missing: see the column mend")


def _row(name: str, examine: Callable[[], Finding]) -> dict[str, object]:
    try:
        ok, found, mend = examine()
    except WeirError as mistake:
        ok, found, mend = False, str(mistake), "what it says"
    except Exception as mistake:
        ok, found, mend = False, f"{type(mistake).__name__}: {mistake}", MENDS.get(name, AGAIN)
    return {"part": name, "ok": ok, "found": found, "mend": "" if ok else mend}


def _python() -> Finding:
    is_known = (3, 11) <= sys.version_info < (3, 14)
    return is_known, sys.version.split()[0], "install Python 3.11, 3.12 or 3.13"


def _java() -> Finding:
    from spark_jobs.session import java_home

    return True, str(java_home()), ""


def _jars() -> Finding:
    from spark_jobs.jars import jars

    return True, f"{len(jars())} jars", ""


def _packages() -> Finding:
    names = ("pyspark", "delta-spark", "duckdb", "dbt-core", "dagster", "streamlit")
    return True, ", ".join(f"{name} {version(name)}" for name in names), ""


def _delta_in_duckdb() -> Finding:
    from weir.warehouse import connect_lake

    connect_lake().close()
    return True, "delta extension loads", ""


def _packs() -> Finding:
    from weir.pack import domains, load_pack
    from weir.score import run_cases

    packs = [load_pack(domain) for domain in domains()]
    failed = [line for pack in packs for line in run_cases(pack)]
    return (
        not failed,
        "; ".join(failed) or ", ".join(pack.ruleset.name for pack in packs),
        "mend the rule or its case",
    )


def _lists() -> Finding:
    """Empty ones are named and no fault: a pack's rules may do without."""
    from weir.pack import domains, load_pack
    from weir.warehouse import ask, connect_lake

    names = sorted({name for domain in domains() for name in load_pack(domain).lists})
    with connect_lake() as lake:
        counts = {name: ask(lake, f'select count(*) from "reference_{name}"').rows[0][0] for name in names}
    return True, ", ".join(f"{name} {count or 'is empty'}" for name, count in counts.items()), ""


def _home() -> Finding:
    root = settings().root
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free // 2**30
    return (
        os.access(root, os.W_OK) and free > 0,
        f"{root} ({free} GiB free)",
        MENDS["home"],
    )


EXAMINATIONS: dict[str, Callable[[], Finding]] = {
    "python": _python,
    "packages": _packages,
    "java": _java,
    "jars": _jars,
    "duckdb": _delta_in_duckdb,
    "packs": _packs,
    "lists": _lists,
    "home": _home,
}
