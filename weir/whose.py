"""A message that nobody could read as an event -> whether it is a subject's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from typing import Any

from weir.subject import Subject


def is_message_of(payload: bytes, subject: Subject, foreign: Set[str]) -> bool:
    """Whether a message whose columns do not say whose it is may be the subject's.

    An ambiguous subject has to be one of its values as a whole, but not of a field in `foreign`, which names
    nobody, such as an amount; of any other a word is enough. What is no JSON is searched for the word.
    """
    if not subject.fields and subject.is_named_in(payload):
        return True
    try:
        # as pairs, because an object may have a key twice
        message = json.loads(payload, parse_int=str, parse_float=str, object_pairs_hook=_Fields)
    except (ValueError, RecursionError):
        return subject.as_word.is_named_in(payload)
    values = _values("", message, foreign if subject.fields else frozenset())
    return any(subject.is_value(value) or subject.is_named_in(value) for value in values)


class _Fields(list[tuple[str, Any]]):
    """The fields of a JSON object."""


def _values(name: str, value: Any, foreign: Set[str]) -> Iterator[str]:
    """Every text and number in a JSON value, as texts, but those of foreign fields."""
    if isinstance(value, str) and name not in foreign:
        yield value
    elif isinstance(value, _Fields):
        for key, part in value:
            yield from _values(key, part, foreign)
    elif isinstance(value, list):
        for part in value:
            yield from _values(name, part, foreign)
