"""The JSON Schema of a contract accepts good events and refuses bad ones."""

from __future__ import annotations

import jsonschema
import pytest

from weir.contract import load_contract
from weir.json_schema import json_schema

CONTRACT = load_contract(
    """
domain: shop
columns:
  event_id: {type: id, required: true}
  event_type: {type: enum, values: [sale, visit], required: true}
  occurred_at: {type: time, required: true, aliases: [timestamp]}
  amount: {type: money, currency: currency, maximum: 1000, required_for: [sale]}
  currency: {type: currency, required_for: [sale]}
  value: {type: units, maximum: 1e31}
  visits: {type: integer, minimum: -5, maximum: 5}
  country: {type: country}
  ip_address: {type: ip}
  is_member: {type: boolean}
  metadata: {type: map}
""",
    "contract.yml",
)
VISIT = {"event_id": "e-1", "event_type": "visit", "occurred_at": "2026-01-31T12:00:00Z"}
SALE = {**VISIT, "event_type": "sale", "amount": 9.5, "currency": "EUR"}
VALIDATOR = jsonschema.Draft202012Validator(
    json_schema(CONTRACT), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def test_it_is_a_schema_of_draft_2020_12():
    jsonschema.Draft202012Validator.check_schema(json_schema(CONTRACT))


@pytest.mark.parametrize(
    "event",
    [
        VISIT,
        SALE,
        {**SALE, "amount": "9.50"},
        {**SALE, "amount": 0},
        {**VISIT, "event_id": 17},
        {**VISIT, "amount": None, "country": None, "anything": [1]},
        {"event_id": "e", "event_type": "visit", "timestamp": 1769860800},
        {
            **VISIT,
            "ip_address": "2001:db8::1",
            "country": "GB",
            "is_member": True,
            "metadata": {"a": {"b": 1}},
        },
        {**VISIT, "value": 10**31, "visits": -5},
    ],
)
def test_a_good_event_is_accepted(event):
    assert list(VALIDATOR.iter_errors(event)) == []


@pytest.mark.parametrize(
    "event",
    [
        {**VISIT, "event_id": None},
        {key: VISIT[key] for key in ("event_id", "event_type")},
        {**VISIT, "event_id": ""},
        {**VISIT, "event_id": "x" * 257},
        {**VISIT, "event_id": True},
        {**VISIT, "event_type": "sail"},
        {**VISIT, "event_type": "sale"},
        {**SALE, "amount": -1},
        {**SALE, "amount": 1001},
        {**SALE, "amount": "abc"},
        {**SALE, "currency": "EURO"},
        {**VISIT, "amount": 5},
        {**VISIT, "value": 1.5},
        {**VISIT, "visits": 6},
        {**VISIT, "country": "UK"},
        {**VISIT, "ip_address": "1.2.3"},
        {**VISIT, "metadata": "text"},
        ["not an object"],
    ],
)
def test_a_bad_event_is_refused(event):
    assert list(VALIDATOR.iter_errors(event)) != []
