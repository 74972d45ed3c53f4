"""Whose a refused message is, when the column that says so is not there."""

import pytest

from weir.subject import Subject
from weir.whose import is_message_of

NUMBER = Subject("17", fields=("user_id",))
FOREIGN = {"amount", "occurred_at"}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"uid":17,"amount":"12"}',
        b'{"user":{"ids":["16","17"]}}',
        rb'{"uid":"\u0031\u0037"}',
        b'{"uid":"16","uid":"17"}',
        rb'{"body":"{\"user_id\":\"17\"}"}',
        b'{"user_id":"17","amount":',
        b"\xff 17",
    ],
)
def test_a_value_that_is_the_subject_makes_it_theirs(payload):
    assert is_message_of(payload, NUMBER, FOREIGN)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"amount":"17","occurred_at":"2026-01-31T12:17:30Z"}',
        b'{"amount":17,"charge":{"amount":17}}',
        b'{"note":"17 pieces","17":"key","size":170}',
        b"not 170",
    ],
)
def test_an_amount_or_a_minute_does_not(payload):
    assert not is_message_of(payload, NUMBER, FOREIGN)


def test_a_word_that_can_mean_nobody_else_is_enough():
    for payload in (b'{"note":"by user-17"}', rb'{"amount":"\u0075ser-17"}', b'{"user_id":"user-17"'):
        assert is_message_of(payload, Subject("user-17"), FOREIGN)
    assert not is_message_of(b'{"note":"by user-170"}', Subject("user-17"), FOREIGN)


def test_an_address_is_the_same_in_any_case():
    assert is_message_of(b'{"who":"0xA"}', Subject("0xa", any_case=True, fields=("from",)), FOREIGN)
