"""How every command shows what it did: one short table, or with --json one array of objects and nothing else."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON array of objects and nothing else.")]
Domain = Annotated[str, typer.Argument(help="payments, crypto, ...")]
Row = Mapping[str, object]

stderr = Console(stderr=True)
# of a table in a file or a pipe, which have no width of their own
WIDTH = 120
# all but tab and line feed
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def show(rows: Sequence[Row], as_json: bool, title: str = "") -> None:
    """Rows of equal keys -> a table on stdout, or JSON with decimals as strings and times in RFC 3339."""
    if as_json:
        json.dump([dict(row) for row in rows], sys.stdout, default=_json_value, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return
    named = any(name.strip() for name in (rows[0] if rows else {}))
    table = Table(box=None, pad_edge=False, show_header=named)
    for name, value in (rows[0] if rows else {}).items():
        table.add_column(name, justify="right" if _is_number(value) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if title:
        console.print(Text.assemble(shown(title, "bold"), "" if rows else ": none"))
    if rows or not title:
        console.print(table if rows else "none")


def log_line(row: Row) -> None:
    """One object as one line of JSON on stderr, at once: written whole, for batches end in threads of their own."""
    line = json.dumps(row, default=_json_value, ensure_ascii=False)
    # a log that nobody reads any more stops no stream
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def fail(message: str, code: int = 1) -> NoReturn:
    """Say on stderr what is wrong and what to do, and end without a traceback."""
    say_error(message)
    raise typer.Exit(code)


def say_error(message: str) -> None:
    stderr.print(Text.assemble(("error: ", "bold red"), shown(message)), soft_wrap=True)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Show on stderr that long work is under way."""
    if stderr.is_terminal:
        with stderr.status(shown(what)):
            yield
    else:
        stderr.print(Text.assemble(shown(what), " ..."))
        yield


def shown(text: str, style: str = "") -> Text:
    """Text that others wrote -> as it is, its brackets too, but for what would move the terminal's cursor or worse."""
    return Text(CONTROL.sub(lambda found: repr(found.group())[1:-1], text), style)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _cell(value: object) -> str | Text:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return shown(str(value))


def _json_value(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="replace")
    return str(value)
