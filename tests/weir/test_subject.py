"""A text names a subject where it stands whole."""

import pytest

from weir.subject import Subject

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
