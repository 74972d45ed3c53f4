"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from orchestration.commands import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, and what this process, with the Java in it, wrote meanwhile."""

    code: int | str | None
    out: str
    err: str


@pytest.fixture
def weir(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A function: the words of a command -> how it ended. It has this process's Spark."""

    def weir(*words: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["weir", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capfd.readouterr()
        return Ended(end.value.code, said.out, said.err)

    return weir
