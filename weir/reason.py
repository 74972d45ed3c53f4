"""Why a message did not become an event: every reason code, what it means and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from weir.message import DEEPEST, LARGEST
from weir.validity import OLDEST
from weir.value import LONGEST


@dataclass(frozen=True, slots=True)
class Reason:
    """One code of quarantine's `reason`; `scope` is what is at fault: the message, a column or the event."""

    code: str
    scope: str
    meaning: str
    mend: str


REASONS = (
    Reason("unreadable", "message", "a file could not be read", "send it again, whole, under another name"),
    Reason(
        "gap",
        "message",
        "a source had lost messages",
        "its text says after and before which position; land those from a backup",
    ),
    Reason(
        "too_large",
        "message",
        f"over {LARGEST // 2**20} MiB; not parsed",
        "split it, or leave the attachment out",
    ),
    Reason("invalid_utf8", "message", "the bytes are not UTF-8", "encode as UTF-8"),
    Reason("too_deep", "message", f"nested deeper than {DEEPEST} levels; not parsed", "flatten it"),
    Reason("lone_surrogate", "message", "half of a \\u surrogate pair", "send both halves, or the character"),
    Reason("control_character", "message or column", "an unprintable character", "escape or remove it"),
    Reason("duplicate_key", "message", "the same key twice in one object", "send each key once"),
    Reason(
        "inexact_number", "message or column", "more digits than can be kept", "send the number as a string"
    ),
    Reason("not_json", "message", "not one JSON value", "send one JSON object a message"),
    Reason("not_object", "message", "JSON, but not an object", "send one JSON object a message"),
    Reason(
        "unknown_mapping",
        "message",
        "its mapping is not in mapping/<domain>, or Spark cannot read it",
        "land or repair it with another mapping",
    ),
    Reason(
        "no_event", "message", "a foreign message without an event in it", "nothing, unless one was expected"
    ),
    Reason("poison", "message", "it alone made its batch fail", "see the error in the log; repair, release"),
    Reason("missing", "column", "required and absent, null or blank", "send a value"),
    Reason("conflicting_alias", "column", "a column and its alias differ", "send one of the two"),
    Reason("wrong_type", "column", "a value of another type", "send the type the contract declares"),
    Reason("too_long", "column", f"an id or number of more than {LONGEST} characters", "send a shorter one"),
    Reason(
        "unknown_value",
        "column",
        "not one of the contract's values",
        "send one of them, or extend the contract",
    ),
    Reason("negative", "column", "an amount below zero", "send the amount, and its direction as event_type"),
    Reason("too_small", "column", "below the contract's minimum", "correct it, or lower the minimum"),
    Reason("too_big", "column", "above the contract's maximum", "correct it, or raise the maximum"),
    Reason("too_many_decimals", "column", "more decimals than its unit has", "round to the unit"),
    Reason("unknown_currency", "column", "not a code of ISO 4217", "send the three capital letters"),
    Reason("unknown_country", "column", "not a code of ISO 3166", "send the two capital letters"),
    Reason("invalid_ip", "column", "neither IPv4 nor IPv6", "send the address alone, without port or zone"),
    Reason("invalid_time", "column", "neither RFC 3339 nor an epoch", "send 2026-01-31T12:00:00Z"),
    Reason("too_old", "column", f"before the year {OLDEST[:4]}", "correct the producer's clock or unit"),
    Reason("in_future", "column", "over a day after it was received", "correct the producer's clock or unit"),
    Reason(
        "too_late",
        "column",
        "older than its source's max_age",
        "release it; or set `--max-age`, or land from files",
    ),
    Reason("duplicate", "event", "its event_id was already taken that day", "nothing: it was counted once"),
)
CODES = frozenset(reason.code for reason in REASONS)
DUPLICATE, POISON = "duplicate", "poison"


def markdown() -> str:
    """The codes as a Markdown table."""
    head = "| reason | of | means | mend |\n|---|---|---|---|"
    rows = (f"| `{r.code}` | {r.scope} | {r.meaning} | {r.mend} |" for r in REASONS)
    return "\n".join((head, *rows))
