"""The command line `weir`. Heavy imports live inside the commands, so that `weir --help` answers at once."""

from __future__ import annotations

import traceback
from typing import NoReturn

import typer

from orchestration.commands import adapt, doctor, explain, inputs, lake, quarantine, removal, services
from orchestration.commands.show import say_error

app = typer.Typer(
    name="weir",
    help="Event streams in, fraud decisions out, in a lakehouse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
reference = typer.Typer(help="Reference lists: sanctioned addresses and the like.", no_args_is_help=True)

app.command()(doctor.doctor)
app.command()(inputs.simulate)
app.command()(adapt.adapt)
app.command()(inputs.stream)
app.command()(inputs.labels)
app.command()(lake.marts)
app.command()(lake.check)
app.command()(lake.sql)
app.command()(explain.explain)
app.command()(quarantine.quarantine)
app.command()(removal.erase)
app.command()(removal.expire)
app.command()(services.demo)
app.command()(services.ui)
reference.command("load")(inputs.load_reference)
app.add_typer(reference, name="reference")


def main() -> None:
    """The console script: an error a user should read is printed without a traceback, Java's never."""
    from weir.error import WeirError

    try:
        app()
    except (WeirError, NotADirectoryError, FileNotFoundError) as mistake:
        _end_with(str(mistake))
    except Exception as failure:
        from spark_jobs.failure import user_message

        line = user_message(failure)
        if line is None:
            raise
        _end_with(f"{line}{_kept(failure)}")


def _end_with(line: str) -> NoReturn:
    say_error(line)
    raise SystemExit(1) from None


def _kept(failure: Exception) -> str:
    """Keep the whole of a failure in a file, for whoever looks for its cause -> where that is."""
    from orchestration.traces import FAILURE
    from weir.settings import settings

    file = settings().root / FAILURE
    try:
        file.write_text("".join(traceback.format_exception(failure)))
    except OSError:
        return ""
    return f" (all of it: {file})"
