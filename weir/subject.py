"""Whom an erasure is about: an identifier, and where a text names it as a whole word."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote

# Delta cuts the strings in its statistics here
CUT = 32
# bytes of a character outside the basic plane, escaped in JSON in JSON in JSON
LONGEST_SPELLING = 18
# behind a JSON escape a word may begin: "\nuser-17"
_BEGINS = r"(?:(?<!\w)(?<!\w[.@-])|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
_ENDS = r"(?!\w)(?!(?:[.@-]|\\{1,4}u00(?:2[dDeE]|40))\w)"
# JSON in JSON in JSON
_ESCAPES = r"\\{1,4}"
# what may stand between the name of a field and its value: in JSON, HTML, a URL, Python's or SQL's words
_QUOTE = r"(?:\\{0,7}[\"'`]|\\{1,4}u0022|&quot;|&#x27;|%22)?"
_IS = rf"{_QUOTE}\s*(?:[:=]{{1,2}}|%3[aAdD])\s*{_QUOTE}"
# Delta's numbers of nulls stand under the names of columns too, and are nobody's values
_COUNTS = r"nullCount[\"\\]*:\s*\{(?:[^{}]|\{[^{}]*\})*\}"
# an identifier shorter than this is a word or a number that means much else
SHORT, SHORT_NUMBER = 4, 9


def is_ambiguous(value: str) -> bool:
    """Whether a text that names it may mean an amount, a minute or a process: `17`, `al`, `null`."""
    is_number = value.isdigit() or _is_in_json_without_quotes(value)
    return len(value) < (SHORT_NUMBER if is_number else SHORT)


def _is_in_json_without_quotes(value: str) -> bool:
    try:
        return not isinstance(json.loads(value), str | list | dict)
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True)
class Subject:
    """An identifier such as `user-17`; wallets' and IP addresses are the same in any case.

    A text names it where it stands whole: no letter, digit or `_` before or behind it, nor a `.`, `-` or `@`
    that joins it to one. So `user-1` is not in `user-17`, `user-1-b` or `user-1@shop.org`, but in `"user-1".`
    fields: when given, a text names it only where it is the value of one of these: for an ambiguous identifier.
    """

    value: str
    any_case: bool = False
    fields: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> str:
        """A regular expression that Python and Java read alike; texts may be JSON, HTML or a URL."""
        spelled = "".join(map(_spelled, self.value))
        fields = "|".join("".join(map(_spelled, field)) for field in self.fields)
        before = rf"(?<!\w)(?:{fields}){_IS}" if fields else _BEGINS
        return f"{'(?i)' if self.any_case else ''}(?:({before}){spelled}{_ENDS})"

    @property
    def java_pattern(self) -> str:
        """The same for Spark, where letters are those of every script only when asked for."""
        return f"(?U){self.pattern}"

    def is_named_in(self, text: str | bytes) -> bool:
        """Whether a text, or bytes that hold text, name the subject."""
        if isinstance(text, str):
            return self._in_text.search(re.sub(_COUNTS, "", text) if self.fields else text) is not None
        return self._in_bytes.search(re.sub(_COUNTS.encode(), b"", text) if self.fields else text) is not None

    def is_held_in(self, field: str, value: str | bytes) -> bool:
        """Whether the value of a field or column is the subject, or names it."""
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        return (field in self.fields and self.is_value(text)) or self.is_named_in(value)

    def is_value(self, text: str) -> bool:
        """Whether a whole text is the subject."""
        return (text.lower() if self.any_case else text) == self.value

    @property
    def as_word(self) -> Subject:
        """The same wherever it stands whole, for texts in which no field can be told."""
        return replace(self, fields=())

    def replaced_in(self, text: bytes, by: bytes) -> bytes:
        """The text with something else in every place where it names the subject; JSON stays JSON.

        Where JSON has no quotes, as about a number, 0 takes its place.
        """
        unquoted = _is_in_json_without_quotes(self.value)

        def erased(found: re.Match[bytes]) -> bytes:
            before = found[1] or b""
            return before + (b"0" if unquoted and _stands_bare(text, found.end(1), found.end()) else by)

        return self._in_bytes.sub(erased, text)

    @cached_property
    def longest(self) -> int:
        """How many bytes a place that names it may have, with what must be seen around it."""
        named = max(map(len, self.fields), default=0)
        return LONGEST_SPELLING * (len(self.value) + named) + 64

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        # ids that are counted up may begin alike, and addresses of one network; those of wallets never do
        beginning = self.any_case and len(self.value) > CUT and ":" not in self.value
        cut = f"|{_BEGINS}{re.escape(self.value[:CUT])}" if beginning else ""
        return re.compile(f"{self.pattern}{cut}".encode())


def _stands_bare(text: bytes, begin: int, end: int) -> bool:
    """Whether JSON, if it is that, has this as a value without quotes."""
    before, behind = text[max(begin - 64, 0) : begin].rstrip()[-1:], text[end : end + 64].lstrip()[:1]
    return before in (b":", b",", b"[") and behind in (b",", b"}", b"]")


def _spelled(character: str) -> str:
    """A character -> a regular expression of how JSON, HTML and URLs write it; producers escape what they like."""
    if character.isascii() and (character.isalnum() or character == "_"):
        return character
    if character == "\\":
        return rf"(?:\\{{1,8}}|{_ESCAPES}u005[cC]|%5[cC])"
    slashes = r"\\{0,4}" if character in '"/' else ""
    units = character.encode("utf-16-be").hex()
    in_json = "".join(f"{_ESCAPES}u{_in_any_case(units[at : at + 4])}" for at in range(0, len(units), 4))
    in_url = _in_any_case(quote(character, safe=""))
    in_html = re.escape(html.escape(character))
    return f"(?:{slashes}{re.escape(character)}|{in_json}|{in_url}|{in_html})"


def _in_any_case(text: str) -> str:
    """'%2F' -> '%2[fF]'."""
    return "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else re.escape(c) for c in text)
