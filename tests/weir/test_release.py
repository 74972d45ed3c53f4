"""A copy's source leads back to its original, whatever the original is called."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weir.release import COPY, IS_COPY, ORIGINAL

SOURCES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


def asked(expression, source):
    query = f"select {expression} from (select cast(? as varchar) as source)"
    return duckdb.execute(query, [source]).fetchall()[0][0]


@settings(deadline=None)  # DuckDB starts with the first question
@given(SOURCES)
def test_a_copy_names_its_original_and_is_known_as_a_copy(source):
    copy = asked(COPY, source)
    assert asked(IS_COPY, copy)
    assert asked(ORIGINAL, copy) == source


def test_a_copy_can_be_released_again():
    twice = asked(COPY, asked(COPY, "kafka:payments"))
    assert asked(ORIGINAL, twice) == asked(COPY, "kafka:payments")


@pytest.mark.parametrize("source", ["files:/releases", "kafka:release", "release", "Release:files:/in"])
def test_a_message_from_elsewhere_is_no_copy(source):
    assert not asked(IS_COPY, source)
