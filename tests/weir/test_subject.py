"""A text names a subject where it stands whole."""

import json

import pytest

from weir.subject import Subject, is_ambiguous

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id":"user-17"}',
        "user-17",
        "by user-17.",
        r'{"text":"hello\nuser-17"}',
        r"{\"user_id\":\"user-17\"}",
        "at://user-17/app",
        "user-170 and user-17, too",
        "\ufffduser-17\ufffd",
    ],
)
def test_a_whole_word_names_it(text):
    assert Subject("user-17").is_named_in(text)
    assert Subject("user-17").is_named_in(text.encode())


@pytest.mark.parametrize(
    "text", ["user-170", "a-user-17", "user-17-b", "user-17.5", "x.user-17", "user-17@shop.org", "USER-17"]
)
def test_a_part_of_another_identifier_does_not(text):
    assert not Subject("user-17").is_named_in(text)


def test_letters_are_those_of_every_script():
    assert not Subject("jos").is_named_in("josé")


def test_an_address_is_the_same_in_any_case():
    assert Subject(ADDRESS.lower(), any_case=True).is_named_in(f'"{ADDRESS}"')
    assert not Subject(ADDRESS.lower()).is_named_in(f'"{ADDRESS}"')


def test_the_beginning_that_delta_keeps_of_an_address_names_it_in_bytes():
    statistics = f'{{"maxValues":{{"from":"{ADDRESS[:32]}\x7f"}}}}'.encode()
    assert Subject(ADDRESS, any_case=True).is_named_in(statistics)
    assert not Subject(ADDRESS).is_named_in(statistics)


def test_it_is_found_as_json_html_and_urls_write_it():
    subject = Subject('Ann "é" & <Bo>/1')
    for text in (
        r'"Ann \"\u00e9\" & <Bo>/1"',
        "<td>Ann &quot;é&quot; &amp; &lt;Bo&gt;/1</td>",
        "?u=Ann%20%22%C3%A9%22%20%26%20%3CBo%3E%2F1",
    ):
        assert subject.is_named_in(text), text


@pytest.mark.parametrize(
    "text",
    [
        r'{"user":"ann\u002Bx\u0040shop.org\/\u00E9"}',
        r'{"user":"ann\u002bx@shop.org/\u00e9"}',
        r"{\"user\":\"ann\\u002bx@shop.org\\/é\"}",
        "ann%2bx%40shop.org%2f%c3%a9",
        "ann+x@shop.org/é",
    ],
)
def test_it_is_found_however_a_producer_escapes_it(text):
    assert Subject("ann+x@shop.org/é").is_named_in(text)
    assert Subject("ann+x@shop.org/é").is_named_in(text.encode())
    assert not Subject("ann+x@shop").is_named_in(text)


def test_an_escaped_hyphen_joins_too():
    assert not Subject("user-17").is_named_in(r'"user-17\u002db"')


def test_it_is_replaced_where_it_is_named_and_nowhere_else():
    assert Subject("u1").replaced_in(b'{"a":"u1","b":"u11"}', b"erased") == b'{"a":"erased","b":"u11"}'


NUMBER = Subject("17", fields=("user_id", "uid"))


@pytest.mark.parametrize("value", ["17", "-1", "1.5", "12345678", "al", "null", "0007"])
def test_a_short_word_or_number_is_ambiguous(value):
    assert is_ambiguous(value)


@pytest.mark.parametrize("value", ["user-17", "anna", "10.0.0.17", "491701234567", "[1, 2, 3]"])
def test_others_are_not(value):
    assert not is_ambiguous(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id":"17"}',
        '{"uid": 17, "amount": 12}',
        r'{"body":"{\"user_id\":\"17\"}"}',
        "{'user_id': 17, 'amount': 12}",
        "user_id = '17'",
        "?user_id=17&x=1",
        '{"minValues":{"user_id":"17"},"nullCount":{"user_id":0}}',
    ],
)
def test_an_ambiguous_one_is_named_as_the_value_of_its_fields(text):
    assert NUMBER.is_named_in(text)
    assert NUMBER.is_named_in(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id":"18","amount":"17"}',
        '{"user_id":"170"}',
        '{"user_id":"17.5"}',
        "2026-01-31T12:17:30",
        '{"pid": 17}',
        '{"numRecords":17,"nullCount":{"uid":0,"detail":{"x":17},"user_id":17}}',
        r"{\"numRecords\":17,\"nullCount\":{\"user_id\":17}}",
    ],
)
def test_an_amount_a_minute_or_a_count_does_not_name_it(text):
    assert not NUMBER.is_named_in(text)
    assert not NUMBER.is_named_in(text.encode())


@pytest.mark.parametrize(
    "subject", [NUMBER, Subject("491701234567", fields=("uid",)), Subject("491701234567")]
)
def test_json_stays_json_where_it_is_replaced(subject):
    value = subject.value
    text = json.dumps(
        {"pid": 17, "uid": int(value), "deep": json.dumps({"uid": [value], "a": {"uid": value}})}
    )
    replaced = json.loads(subject.replaced_in(text.encode(), b"erased"))
    assert (replaced["pid"], replaced["uid"]) == (17, 0)
    assert json.loads(replaced["deep"])["a"] == {"uid": "erased"}


def test_a_number_in_words_is_replaced_by_words():
    number = Subject("491701234567")
    assert number.replaced_in(b"491701234567", b"erased") == b"erased"
    assert number.replaced_in(b"call 491701234567", b"erased") == b"call erased"
