"""Whom an erasure is about: an identifier, and where a text names it as a whole word."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Subject:
    """An identifier such as `user-17`; addresses are the same in any case.

    A text names it where it stands whole: no letter, digit or `_` before or behind it, nor a `.`, `-` or `@`
    that joins it to one. So `user-1` is not in `user-17`, `user-1-b` or `user-1@shop.org`, but in `"user-1".`
    """

    value: str
    any_case: bool = False

    @cached_property
    def pattern(self) -> str:
        """A regular expression that Python and Java read alike; texts may be JSON, HTML or a URL."""
        spelled = "".join(map(_spelled, self.value))
        return f"{'(?i)' if self.any_case else ''}(?:{_BEGINS}{spelled}{_ENDS})"

    @property
    def java_pattern(self) -> str:
        """The same for Spark, where letters are those of every script only when asked for."""
        return f"(?U){self.pattern}"

    def is_named_in(self, text: str | bytes) -> bool:
        """Whether a text, or bytes that hold text, name the subject."""
        found = self._in_text if isinstance(text, str) else self._in_bytes
        return found.search(text) is not None  # pyright: ignore[reportArgumentType, reportCallIssue]

    def replaced_in(self, text: bytes, by: bytes) -> bytes:
        """The text with something else in every place where it names the subject."""
        return self._in_bytes.sub(by, text)

    @cached_property
    def longest(self) -> int:
        """How many bytes a place that names it may have, with what must be seen around it."""
        return LONGEST_SPELLING * len(self.value) + 16

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    @cached_property
    def _in_bytes(self) -> re.Pattern[bytes]:
        # ids that are counted up may begin alike, addresses never do
        beginning = self.any_case and len(self.value) > CUT
        cut = f"|{_BEGINS}{re.escape(self.value[:CUT])}" if beginning else ""
        return re.compile(f"{self.pattern}{cut}".encode())


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
