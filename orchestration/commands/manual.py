"""What docs/commands.md says, made from the commands: `python -m orchestration.commands.manual > docs/commands.md`."""

from __future__ import annotations

import typer
from typer.cli import get_docs_for_click
from typer.core import TyperGroup

from orchestration.commands import app


def markdown() -> str:
    """Every command with its arguments and options, as its `--help` tells them."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    pages = [
        get_docs_for_click(
            obj=command, ctx=typer.Context(command, info_name=name), indent=1, name=name, call_prefix="weir"
        )
        for name, command in root.commands.items()
    ]
    return "\n".join(["# Commands\n", *pages]).replace("\n\n\n", "\n\n").rstrip() + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
