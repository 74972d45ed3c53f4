"""YAML text -> values that know their file and line, and a list of every mistake found in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import yaml

from weir.duration import EXAMPLES, parse_duration
from weir.error import WeirError

SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]*")
MOST_LISTED = 10
NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong in a pack: where, what was written, and what to write instead."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.message}"


class PackError(WeirError):
    """A pack that cannot be used: every mistake of it, one a line."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def closest(word: str, known: Iterable[str], page: str | None = None) -> str:
    """('amout', ['amount', 'country']) -> "; did you mean 'amount'?"; the known words when none is near,
    or the page that lists them when they are many."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; see {page}" if page and len(words) > MOST_LISTED else f"; write one of {', '.join(words)}"


@dataclass(frozen=True, slots=True)
class Located:
    """One value of a YAML file. The readers below note a mistake and give a neutral value, so that one pass
    finds every mistake; whoever reads a file raises PackError at its end when `mistakes` is not empty.

    `key` is what a value, or the list it stands in, is the value of; '' for a key itself."""

    file: str
    node: yaml.Node
    mistakes: list[Mistake] = field(repr=False, compare=False)
    key: str = field(default="", compare=False)

    @property
    def line(self) -> int:
        """Counted from 1."""
        return self.node.start_mark.line + 1

    @property
    def is_null(self) -> bool:
        return self.node.tag == NULL_TAG

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def plain(self) -> str:
        """The text as it is written, whatever YAML takes it for; '' when it is a mapping or list."""
        return self.node.value.strip() if isinstance(self.node, yaml.ScalarNode) else ""

    def refuse(self, message: str) -> None:
        """Note a mistake at this place."""
        self.mistakes.append(Mistake(self.file, self.line, message))

    def value(self) -> object:
        """The plain Python value, as yaml.safe_load gives it."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(self.node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            self.refuse(f"{_shown(self.node)} cannot be read: {error}; put it in quotes if it is text")
            return None

    def entries(self) -> list[tuple[Located, Located]]:
        """A mapping -> its (key, value) pairs in order; a key written twice is a mistake and counts once."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(f"{_shown(self.node)} should be a mapping: write 'key: value' lines")
            return []
        seen: dict[str, Located] = {}
        pairs = []
        for key_node, value_node in self.node.value:
            key = self._at(key_node)
            name = key.text("a name before the colon")
            value = self._at(value_node, name)
            if name in seen:
                key.refuse(f"'{name}' is written twice, first in line {seen[name].line}; keep one")
            elif name:
                seen[name] = key
                pairs.append((key, value))
        return pairs

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Located]:
        """A mapping with known keys -> key to value; an unknown or missing key is a mistake."""
        needed = tuple(required)
        known = (*needed, *optional)
        found: dict[str, Located] = {}
        for key, value in self.entries():
            name = key.text()
            if name in known:
                found[name] = value
            else:
                key.refuse(f"unknown key '{name}'{closest(name, known)}")
        if isinstance(self.node, yaml.MappingNode):
            for name in needed:
                if name not in found:
                    self.refuse(f"'{name}' is missing; write '{name}: ...'")
        return found

    def items(self) -> list[Located]:
        """A list -> its values."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(f"{_shown(self.node)} should be a list: write '- ' before each entry")
            return []
        return [self._at(node, self.key) for node in self.node.value]

    def text(self, wanted: str = "its text") -> str:
        """Text that is not blank; '' and a mistake for anything else: YAML reads NO, on and 1 as other things."""
        if isinstance(self.node, yaml.ScalarNode) and not self.plain:
            empty = f"'{self.key}'" if self.key else "a key"
            self.refuse(f"{empty} is empty; write {wanted}")
            return ""
        return self.text_or_blank()

    def text_or_blank(self) -> str:
        """Text where it may as well be empty, as a description may; '' and a mistake for anything else."""
        if isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:str":
            return self.plain
        written = _shown(self.node)
        mend = f'write "{written}" in quotes' if isinstance(self.node, yaml.ScalarNode) else "write one value"
        self.refuse(f"{written} should be text; {mend}")
        return ""

    def sql(self) -> str:
        """SQL, which need not be text to YAML: `true` and `5` are SQL, too."""
        return self.plain if self.plain and not self.is_null else self.text("an expression")

    def name(self) -> str:
        """Text in snake_case."""
        text = self.text("a name in snake_case")
        if text and not SNAKE_CASE.fullmatch(text):
            snake = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
            self.refuse(f"'{text}' is not snake_case; write '{snake}'")
        return text

    def names(self) -> tuple[str, ...]:
        """A list of text -> tuple."""
        return tuple(text for item in self.items() if (text := item.text()))

    def integer(self, lowest: int, highest: int) -> int:
        """A whole number within bounds; `lowest` and a mistake otherwise."""
        value = self.value() if self.node.tag == "tag:yaml.org,2002:int" else None
        if isinstance(value, int) and lowest <= value <= highest:
            return value
        self.refuse(f"{_shown(self.node)} should be a whole number from {lowest} to {highest}")
        return lowest

    def one_of(self, known: Iterable[str]) -> str:
        """Text that is one of the known words; '' and a mistake otherwise."""
        words = list(known)
        text = self.text(f"one of {', '.join(words)}")
        if text and text not in words:
            self.refuse(f"unknown '{text}'{closest(text, words)}")
            return ""
        return text

    def duration(self) -> timedelta:
        """'30s', '5m', '24h', '7d' -> timedelta; one day and a mistake for anything else."""
        text = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        span = parse_duration(text)
        if span is None:
            self.refuse(f"'{_shown(self.node)}' is not a span of time; write for example {EXAMPLES}")
        return span or timedelta(days=1)

    def _at(self, node: yaml.Node, key: str = "") -> Located:
        return Located(self.file, node, self.mistakes, key)


def locate(text: str, file: str, mistakes: list[Mistake]) -> Located | None:
    """YAML text -> its outermost value, or None and a mistake when it is empty or not YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        mistakes.append(
            Mistake(file, line, f"not YAML: {error.problem}; check indentation, quotes and colons")
        )
        return None
    except yaml.YAMLError as error:
        mistakes.append(Mistake(file, 1, f"not YAML: {error}"))
        return None
    if node is None:
        mistakes.append(Mistake(file, 1, "the file is empty; write its keys"))
        return None
    return Located(file, node, mistakes)


def _shown(node: yaml.Node) -> str:
    """What stands there, short enough for a message."""
    if isinstance(node, yaml.ScalarNode):
        return node.value[:60] or "nothing"
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
