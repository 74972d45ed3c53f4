"""A message's bytes -> Spark SQL: its text, its JSON, and why it cannot be read.

Over the columns `payload` and `format` of raw/<domain>, and those made here: `_body`, `_json` and `_input`.
"""

from __future__ import annotations

from collections.abc import Iterable

LARGEST = 1024 * 1024
# Spark's own reader of variants overflows the JVM's stack somewhere below 1,000 levels
DEEPEST = 64
LONGEST_NUMBER = 1000
CUT = 200

_TEXT = "cast(payload as string)"
# what a source says in the place of messages that it could not get; the reason is named alike
_NOTICE = "format in ('unreadable', 'gap')"
_TOO_LARGE = f"octet_length(payload) > {LARGEST}"
_SURROGATE = r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2})"

BODY = f"""
    case when {_NOTICE} or {_TOO_LARGE} or not is_valid_utf8({_TEXT}) then null
    when startswith({_TEXT}, '\\uFEFF') then substr({_TEXT}, 2)
    else {_TEXT} end"""


def too_deep(text: str) -> str:
    """SQL of a JSON text -> SQL of whether it is nested deeper than DEEPEST levels."""
    # a text with few brackets is not deep: only one with many is measured, which is slow
    many = rf"{text} rlike r'^[^\[{{]*+(?:[\[{{][^\[{{]*+){{{DEEPEST + 1}}}'"
    # no regular expression with a repeated group here: Java's recurse, and a long text overflows the stack
    unescaped = rf"""replace(replace({text}, r'\\', ''), r'\"', '')"""
    brackets = rf"""regexp_replace(regexp_replace({unescaped}, '"[^"]*+"', ''), r'[^\[\]{{}}]+', '')"""
    step = "case when c in ('[', '{') then 1 when c = '' then 0 else -1 end"
    deepest = f"""aggregate(split({brackets}, ''), named_struct('now', 0, 'most', 0),
        (a, c) -> named_struct('now', a.now + {step}, 'most', greatest(a.most, a.now + {step})),
        a -> a.most)"""
    return f"case when {many} then {deepest} > {DEEPEST} else false end"


# Spark's parser stops after the first value and ignores the rest; the 0 behind it shows that there was none
JSON = (
    f"case when _body is not null and not {too_deep('_body')} then try_parse_json('[' || _body || ',0]') end"
)


def fields_of_json(names: Iterable[str]) -> str:
    """Names of top-level fields -> SQL of a struct with their texts, null when the message is no object."""
    fields = ", ".join(f"{identifier(name)}: string" for name in names)
    return f"try_variant_get(_json, '$[0]', {literal(f'struct<{fields}>')})"


def fields_of_row(schema: str) -> str:
    """The DDL of a Parquet input -> SQL of its row as a struct of Parquet's own types."""
    return f"from_json(_body, {literal(schema)})"


def identifier(name: str) -> str:
    """Any text -> a name in SQL."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Any text -> a string in Spark SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _parses(text: str) -> str:
    return f"try_parse_json('[' || {text} || ',0]') is not null"


def _refusal_of_unparsed() -> str:
    # each trial takes one cause away: when the message then parses, that was it
    without_surrogates = f"regexp_replace(replace(_body, r'\\\\', ''), r'{_SURROGATE}', '')"
    without_controls = r"regexp_replace(_body, r'[\x00-\x1F\x7F]', ' ')"
    without_digits = f"regexp_replace(_body, '[0-9]{{{LONGEST_NUMBER + 1},}}', '0')"
    # this reader keeps both of two keys that are the same
    lenient = "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')"
    with_duplicates = f"from_json('[' || _body || ',0]', 'array<string>', {lenient})[1] = '0'"
    return f"""
        case when {too_deep("_body")} then 'too_deep'
        when _body rlike r'{_SURROGATE}' and {_parses(without_surrogates)} then 'lone_surrogate'
        when {_parses(without_controls)} then 'control_character'
        when {_parses(without_digits)} then 'inexact_number'
        when {with_duplicates} then 'duplicate_key'
        else 'not_json' end"""


REFUSED = f"""
    case when {_NOTICE} then format
    when {_TOO_LARGE} then 'too_large'
    when _body is null and payload is not null then 'invalid_utf8'
    when _json is null then {_refusal_of_unparsed()}
    when coalesce(try_variant_get(_json, '$[1]', 'string'), '') <> '0' then 'not_json'
    when _input is null then 'not_object' end"""

REFUSED_ROW = f"""
    case when {_NOTICE} then format
    when {_TOO_LARGE} then 'too_large'
    when _input is null then 'not_object' end"""

_LEGIBLE = ("lone_surrogate", "control_character", "duplicate_key", "inexact_number")


def field_of_refused(name: str) -> str:
    """SQL of the text of a field of a message that was refused, where some reader can still find it."""
    reasons = ", ".join(map(literal, _LEGIBLE))
    return f"case when _refused in ({reasons}) then get_json_object(_body, '$.{name}') end"


SHOWN = f"substr(make_valid_utf8(cast(substr(payload, 1, 4 * {CUT}) as string)), 1, {CUT})"
