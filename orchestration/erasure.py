"""Erase a subject from all that Weir keeps, build anew what was made of it, and search every file for what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import SparkSession

from data_quality.docs import remove_runs
from orchestration.checks import CHECKS_TABLE, only_judge
from orchestration.marts import MartsError, rebuild_marts
from orchestration.still_named import why_kept
from orchestration.traces import replace_traces
from spark_jobs.erasure import Found, Request, erase, find
from spark_jobs.expiry import expire, find_expired, first_day_kept
from spark_jobs.lake import table_version, update_where
from spark_jobs.purge import cut_log, purge_files
from spark_jobs.removal import Removed
from spark_jobs.session import spark_session
from weir.byte_search import Searched, search
from weir.contract import NAMING_TYPES, Contract
from weir.duration import LONGEST, parse_duration
from weir.error import WeirError
from weir.pack import Pack, load_pack
from weir.settings import settings
from weir.subject import Subject, is_ambiguous
from weir.value import names_of

DEFAULT_COLUMN = "user_id"
# the types of columns whose values are the same in any case: an event has them in lower case
ANY_CASE = {"address", "ip"}
DAY = timedelta(days=1)
# the lists of values that failed a check: whose they are, nobody can tell
VALUES_SHOWN = "not success and instr(observed, ':') > 0"
WITHOUT_VALUES = "substring_index(observed, ':', 1)"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took, in how many files nothing is left, and the files that still name the subject.

    kept: those that may, with why. left: those that may not. unbuilt: why there are no marts any more, if dbt failed.
    """

    removed: Removed
    found: Found
    searched: Searched
    kept: dict[str, str]
    left: list[str]
    unbuilt: str | None = None


def request_of(domain: str, subject: str, columns: Sequence[str], mentions: bool) -> Request:
    """The words of the command line -> a request. Raises WeirError for a column that names nobody, PackError."""
    pack = load_pack(domain)
    chosen = tuple(columns) or (DEFAULT_COLUMN,)
    types = {_type_of(pack.contract, name) for name in chosen}
    if not subject.strip():
        raise WeirError("the subject is empty: name whom to erase, as in `weir erase payments user-17`")
    any_case = not types.isdisjoint(ANY_CASE)
    value = subject.lower() if any_case else subject
    fields = _fields(pack, chosen) if is_ambiguous(value) else ()
    return Request(Subject(value, any_case, fields), chosen, mentions)


def find_subject(domain: str, request: Request) -> Found:
    """What an erasure would take now; nothing is written."""
    return find(spark_session("weir erase"), domain, request)


def erase_subject(domain: str, request: Request) -> Erased:
    """Erase, and prove it. Raises LeaseHeld, WeirError; run again, it finishes what was begun."""
    spark = spark_session("weir erase")
    # a check or a build that began before would write down what it has read
    with only_judge():
        removed, found = erase(spark, domain, request)
        remove_runs(settings().docs, domain)
        _forget_values(spark, domain)
    unbuilt = _rebuild_fault()
    replace_traces(settings().root, request.subject)
    searched = search(_places(), request.subject)
    reasons = {
        path: why_kept(path, domain, searched.hits, found.folders, found.mentions) for path in searched.hits
    }
    kept = {path: reason for path, reason in reasons.items() if reason}
    left = [path for path, reason in reasons.items() if not reason]
    return Erased(removed, found, searched, kept, left, unbuilt)


def find_expired_messages(domain: str, keep: str) -> tuple[date, dict[str, int]]:
    """'400d' -> the first day of arrival that would stay, and zone -> rows that would go. Raises WeirError."""
    day = first_day_kept(domain, days_of(keep))
    return day, find_expired(spark_session("weir expire"), domain, day)


def expire_messages(domain: str, keep: str) -> Removed:
    """Remove what was received longer ago than '400d', and build the marts anew.

    Raises LeaseHeld, MartsError, WeirError; run again, it finishes what was begun.
    """
    day = first_day_kept(domain, days_of(keep))
    spark = spark_session("weir expire")
    # as for an erasure
    with only_judge():
        removed = expire(spark, domain, day)
        remove_runs(settings().docs, domain, before=day)
        _forget_values(spark, domain, before=day)
    rebuild_marts()
    return removed


def days_of(keep: str) -> int:
    """'400d' -> 400. Raises WeirError."""
    span = parse_duration(keep)
    if span is None or span % DAY:
        raise WeirError(
            f"--keep {keep}: write a number of days, as in --keep 400d, of at most {LONGEST.days}d"
        )
    return span // DAY


def _rebuild_fault() -> str | None:
    """Build the marts anew -> why that failed; a failing test of dbt is no reason to leave the traces."""
    try:
        rebuild_marts()
    except MartsError as error:
        return str(error)
    return None


def _type_of(contract: Contract, name: str) -> str:
    types = {column.name: column.type for column in contract.columns if column.type in NAMING_TYPES}
    if name not in types:
        raise WeirError(
            f"--column {name}: names nobody in {contract.domain}; write one of {', '.join(types) or 'none'}"
        )
    return types[name]


def _fields(pack: Pack, columns: Sequence[str]) -> tuple[str, ...]:
    """Where messages and tables say who it is: these columns, their aliases, and features that repeat them."""
    named = (name for column in columns for name in names_of(pack.contract.column(column)))
    repeated = (
        feature.name for feature in pack.features if feature.kind == "previous" and feature.value in columns
    )
    return (*named, *repeated)


def _forget_values(spark: SparkSession, domain: str, before: date | None = None) -> None:
    path = settings().table("quality", CHECKS_TABLE)
    if table_version(spark, path) is None:
        return
    judged = f"checked_at < timestamp'{before} 00:00:00Z'" if before else "true"
    shown = f"domain = '{domain}' and {judged} and {VALUES_SHOWN}"
    update_where(spark, path, shown, {"observed": WITHOUT_VALUES})
    cut_log(spark, path, purge_files(spark, path))


def _places() -> list[str]:
    places = settings()
    return [str(places.root), places.table("", "").rstrip("/"), places.checkpoint("").rstrip("/")]
