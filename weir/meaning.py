"""Records -> a short hash of what they mean: descriptions, defaults and formatting do not count."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

QUOTED_OR_SPACE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\s+")


def digest(*values: object) -> str:
    """Records, numbers, text, tuples of them -> 64 hex digits."""
    text = json.dumps([_meaning(value) for value in values], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def one_line(sql: str) -> str:
    """SQL with every run of spaces and line ends outside quotes as one space."""
    return QUOTED_OR_SPACE.sub(lambda match: match[0] if match[0].strip() else " ", sql).strip()


def _meaning(value: object) -> object:
    if is_dataclass(value):
        named = {field.name: _meaning(getattr(value, field.name)) for field in fields(value)}
        return {key: item for key, item in named.items() if key != "description" and item not in (None, [])}
    if isinstance(value, tuple):
        return [_meaning(item) for item in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value
