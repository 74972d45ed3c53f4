"""A kind and a place."""

import pytest

from weir.error import WeirError
from weir.place import parse_place

KINDS = {"files": ("DIR", 1), "kafka": ("TOPIC", 2), "kinesis": ("STREAM", 3)}


def test_the_place_is_all_behind_the_first_colon():
    assert parse_place("files:s3://lake/in", "--from", KINDS) == (1, "s3://lake/in")


@pytest.mark.parametrize("text", ["", "kafka", "kafka:", "pigeon:post"])
def test_what_names_no_kind_and_place_is_refused_with_those_there_are(text):
    with pytest.raises(WeirError, match="write files:DIR, kafka:TOPIC or kinesis:STREAM") as refused:
        parse_place(text, "--from", KINDS)
    assert str(refused.value).startswith(f"--from {text}: ")
