"""weir erase, weir expire: a subject's data, or what is too old, gone from everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.show import AsJson, Domain, doing, fail, say_error, show, stderr

if TYPE_CHECKING:
    from orchestration.erasure import Erased
    from spark_jobs.erasure import Found

SHOWN = 10


def erase(
    domain: Domain,
    subject: Annotated[str, typer.Argument(help="Whose data to erase, such as user-17.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="The column that names whose an event is; give it again for more. Default: user_id."
        ),
    ] = None,
    mentions: Annotated[
        bool, typer.Option("--mentions", help="Take messages of others too, when they name the subject.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase one subject from the lake, the marts and the logs, and search every file for what is left."""
    from orchestration.erasure import erase_subject, find_subject, request_of

    request = request_of(domain, subject, column or (), mentions)
    if dry_run:
        with doing(f"looking for it in {domain}"):
            found = find_subject(domain, request)
        show(_rows(found, found.rows), as_json, f"would be erased from {domain}; nothing was changed")
        return
    with doing(f"erasing it from {domain}"):
        erased = erase_subject(domain, request)
    show(
        [*_rows(erased.found, erased.removed.rows), *_proof(erased)], as_json, f"erasure {erased.removed.id}"
    )
    if erased.unbuilt:
        say_error(erased.unbuilt)
    _require_nothing_left(erased)
    if erased.unbuilt:
        raise typer.Exit(1)


def expire(
    domain: Domain,
    keep: Annotated[str, typer.Option(help="How long messages are kept after they came, such as 400d.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the messages that came longer ago than --keep, and all that was made of them."""
    from orchestration.erasure import expire_messages, find_expired_messages

    if dry_run:
        with doing(f"looking for old messages of {domain}"):
            day, rows = find_expired_messages(domain, keep)
        title = f"received before {day}; nothing was changed"
    else:
        with doing(f"removing old messages of {domain}"):
            removed = expire_messages(domain, keep)
        rows, title = removed.rows, f"expiry {removed.id}: {removed.what}"
    show([{"where": where, "rows": count} for where, count in rows.items()], as_json, title)


def _rows(found: Found, rows: Mapping[str, int]) -> list[dict[str, object]]:
    counts = [*rows.items(), ("of these, events of others in the same messages", found.others)]
    counts.append(("messages of others that name it, which stay", found.mentions))
    return [{"where": where, "rows": count} for where, count in counts]


def _proof(erased: Erased) -> list[dict[str, object]]:
    kept: dict[str, int] = {}
    for reason in erased.kept.values():
        kept[reason] = kept.get(reason, 0) + 1
    searched = [("files searched", erased.searched.files), ("files that still name it", len(erased.left))]
    counts = [*searched, *((f"files that may ({reason})", count) for reason, count in kept.items())]
    return [{"where": where, "rows": count} for where, count in counts]


def _require_nothing_left(erased: Erased) -> None:
    for path in (*erased.left, *erased.searched.unread)[:SHOWN]:
        stderr.print(path, highlight=False, soft_wrap=True)
    if erased.left:
        fail(f"{len(erased.left)} files still name it, see above; stop what has them open and run it again")
    if erased.searched.unread:
        fail(
            f"{len(erased.searched.unread)} files could not be read, see above, so nobody knows; run it again"
        )
