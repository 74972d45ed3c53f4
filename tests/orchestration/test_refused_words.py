"""A word of the command line that names nothing is refused with the nearest that does, before anything starts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.commands import app


def refused(*words):
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 1
    return " ".join(run.stderr.split())


def test_a_list_that_no_pack_looks_in_is_not_loaded(home, tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("0xabc\n")
    told = refused("reference", "load", "sanctioned_adresses", str(file))
    assert "'sanctioned_adresses'; did you mean 'sanctioned_addresses'?" in told
    assert not Path(home, "lake").exists()


@pytest.mark.parametrize("more", [[], ["--release"]], ids=["looking", "releasing"])
def test_a_reason_that_there_is_not_is_no_empty_quarantine(home, more):
    told = refused("quarantine", "payments", "--reason", "mising", *more)
    assert "--reason mising: is not a reason; did you mean 'missing'?" in told
