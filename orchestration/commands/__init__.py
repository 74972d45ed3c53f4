"""The command line `weir`. Heavy imports live inside the commands, so that `weir --help` answers at once."""

from __future__ import annotations

import typer

from orchestration.commands import adapt, doctor, events, inputs, lake, quarantine, services
from orchestration.commands.show import escaped, stderr

app = typer.Typer(
    name="weir",
    help="Event streams in, fraud decisions out, in a lakehouse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
reference = typer.Typer(
    help="Reference lists: sanctioned wallets, disposable domains, ...", no_args_is_help=True
)

app.command()(doctor.doctor)
app.command()(inputs.simulate)
app.command()(adapt.adapt)
app.command()(inputs.stream)
app.command()(inputs.labels)
app.command()(lake.marts)
app.command()(lake.check)
app.command()(lake.sql)
app.command()(events.explain)
app.command()(quarantine.quarantine)
app.command()(services.demo)
app.command()(services.ui)
reference.command("load")(inputs.load_reference)
app.add_typer(reference, name="reference")


def main() -> None:
    """The console script: an error a user should read is printed without a traceback."""
    from weir.error import WeirError

    try:
        app()
    except (WeirError, NotADirectoryError, FileNotFoundError) as mistake:
        stderr.print(f"[bold red]error:[/] {escaped(str(mistake))}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
