"""What others wrote is shown as they wrote it, and moves no cursor."""

import pytest

from orchestration.commands.show import say_error, show


@pytest.mark.parametrize("text", [r'{"re":"a\[/]"}', r"ok \[a] end", "[bold]x[/]", "a\\", r"x\\[a]", "[/]"])
def test_brackets_and_backslashes_are_text(capsys, text):
    show([{"sample": text}], as_json=False, title=text)
    title, _, cell = (line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert (title, cell) == (text, text)


def test_a_value_does_not_drive_the_terminal(capsys):
    show([{"sample": "\x1b[31mred\x07\x9b2J"}], as_json=False)
    assert r"\x1b[31mred\x07\x9b2J" in capsys.readouterr().out


def test_an_error_names_a_value_as_it_is(capsys):
    say_error(r"line 1: \[/] is no JSON")
    assert capsys.readouterr().err == "error: line 1: \\[/] is no JSON\n"
