"""What is shown to be pasted does what it says, and nothing else."""

import shlex

import pytest

from weir.shell import explain_command


@pytest.mark.parametrize("event_id", ["pay-1", "pay 1", "-abc", "x; touch y", "o'neill", "$(id)", 'a"b'])
def test_an_id_is_one_word_whatever_it_holds(event_id):
    words = [word for word in shlex.split(explain_command("payments", event_id)) if word != "--"]
    assert words == ["weir", "explain", "payments", event_id]


def test_an_id_that_begins_with_a_dash_is_no_option():
    assert explain_command("payments", "-abc") == "weir explain -- payments -abc"


def test_a_plain_id_is_shown_plainly():
    assert explain_command("payments", "pay-1-00018839") == "weir explain payments pay-1-00018839"
