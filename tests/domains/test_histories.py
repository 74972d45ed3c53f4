"""Short histories through a pack's own features, lists and rules: on which of their events a rule fires."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from spark_jobs.decisions import with_decision
from spark_jobs.enriched import with_enrichments
from spark_jobs.features import with_features
from spark_jobs.judged import filter_valid, judged
from tests.domains.test_quality import MOMENT, RAW
from weir.pack import load_pack

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = 60, 24 * 60  # minutes
NULL_ADDRESS = f"0x{0:040x}"
SERVICE, EXCHANGE = f"0x{99:040x}", f"0x{98:040x}"


@dataclass(frozen=True, slots=True)
class History:
    """`fires`: the places of the events that the rule fires on. Histories of one name are of the same events."""

    domain: str
    rule: str
    name: str
    events: tuple[dict, ...]
    fires: set[int]


def at(minute, **values):
    return {"occurred_at": (START + timedelta(minutes=minute)).isoformat(), **values}


def payments(rule, name, fires, *events):
    """Of a user of its own; each event at a merchant of its own, and in EUR unless it says otherwise."""
    known = [
        {"event_type": "payment", "amount": "10.00", "currency": "EUR", "user_id": name} | event
        for event in events
    ]
    own = tuple({"merchant_id": f"{name} {place}"} | event for place, event in enumerate(known))
    return History("payments", rule, name, own, fires)


def crypto(rule, name, fires, *events, sender=None):
    """Of a wallet of its own; each event to a wallet of its own, and of ETH unless it says otherwise."""
    first = sum(name.encode()) * 1000
    known = {"event_type": "transfer", "asset": "ETH", "value": 1000, "from_address": sender or wallet(first)}
    own = tuple(
        {"to_address": wallet(first + place + 1)} | known | event for place, event in enumerate(events)
    )
    return History("crypto", rule, name, own, fires)


def wallet(number):
    return f"0x{number:040x}"


def judge(spark, domain):
    """Every history of the domain -> {event_id: the rules that fire on it}."""
    pack = load_pack(domain)
    named = {
        f"{history.name} {place}": event
        for history in HISTORIES
        if history.domain == domain
        for place, event in enumerate(history.events)
    }
    events = [{"event_id": event_id, **event} for event_id, event in named.items()]
    landed = MOMENT, MOMENT.date()
    rows = [
        ("files:/in", "a.jsonl", seq, bytearray(json.dumps(event).encode()), "json", None, *landed, seq, 0)
        for seq, event in enumerate(events)
    ]
    listed = {"service_addresses": [(SERVICE, None, None), (EXCHANGE, None, None)]}
    lists = {
        one.list: spark.createDataFrame(
            listed.get(one.list, []), "value string, listed_at timestamp, delisted_at timestamp"
        )
        for one in pack.enrichments
    }
    decided = (
        spark.createDataFrame(rows, RAW)
        .transform(judged(pack.contract))
        .transform(filter_valid)
        .transform(with_enrichments(pack.enrichments, lists))
        .transform(with_features(pack.features))
        .transform(with_decision(pack))
    )
    fired = {row.event_id: {hit.rule for hit in row.reasons} for row in decided.collect()}
    assert fired.keys() == named.keys()
    return fired


@pytest.fixture(scope="module")
def fired(spark):
    return {domain: judge(spark, domain) for domain in ("payments", "crypto")}


DOLLARS = {"asset": "USDC", "value": 9_500_000_000}
CHECKSUMMED = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
# a little less to each customer, then three assets to one, and very much more to another
PAYOUTS = (
    *(at(turn / 2, value=10_000 - 100 * turn) for turn in range(10)),
    *(at(5, asset=asset, to_address=wallet(97)) for asset in ("ETH", "DAI", "UNI")),
    at(6, value=10_000_000),
)
PAYOUT_RULES = {
    "fan_out": {9, 10, 11, 12, 13},
    "transfer_burst": {7, 8, 9, 10, 11, 12, 13},
    "peel_chain": {3, 4, 5, 6, 7, 8, 9},
    "drained_wallet": {12},
    "unusual_value": {13},
}
HISTORIES = (
    crypto(
        "structuring",
        "the amounts themselves, whatever lies between",
        {3, 5},
        at(0, **DOLLARS),
        at(10, **DOLLARS),
        at(20),
        at(30, **DOLLARS, event_type="deposit"),
        at(40, event_type="contract_creation", to_address=None),
        at(50, **DOLLARS),
        at(60, asset="USDC", value=10_000_000_000),
    ),
    crypto(
        "structuring", "coins are minted", set(), *(at(m, **DOLLARS) for m in range(4)), sender=NULL_ADDRESS
    ),
    crypto(
        "structuring", "a service pays many", set(), *(at(m, **DOLLARS) for m in range(4)), sender=SERVICE
    ),
    crypto(
        "structuring",
        "a coin by its address and its symbol, however written",
        {2, 3},
        at(0, **DOLLARS | {"asset": CHECKSUMMED}),
        at(10, **DOLLARS | {"asset": CHECKSUMMED.lower()}),
        at(20, **DOLLARS | {"asset": CHECKSUMMED}),
        at(30, **DOLLARS),
    ),
    *(crypto(rule, "a wallet pays many", fires, *PAYOUTS) for rule, fires in PAYOUT_RULES.items()),
    *(
        crypto(rule, "a service pays its customers", set(), *PAYOUTS, sender=EXCHANGE)
        for rule in PAYOUT_RULES
    ),
    crypto("unusual_value", "far above the habit", {4}, *(at(m) for m in range(4)), at(4, value=50_000)),
    crypto(
        "unusual_value",
        "far more is minted",
        set(),
        *(at(m) for m in range(4)),
        at(4, value=50_000),
        sender=NULL_ADDRESS,
    ),
    payments(
        "impossible_travel",
        "GB, then FR in half an hour",
        {2},
        at(0, country="GB"),
        at(20, event_type="login"),
        at(30, country="FR"),
    ),
    payments(
        "impossible_travel",
        "GB, two days, a login from nobody knows where, FR",
        set(),
        at(0, country="GB"),
        at(2 * DAY, event_type="login"),
        at(2 * DAY + 2, country="FR"),
    ),
    payments(
        "impossible_travel",
        "a merchant abroad pays back",
        set(),
        at(0, country="GB"),
        at(10, event_type="refund", country="US"),
        at(12, country="GB"),
    ),
    payments(
        "impossible_travel",
        "a refund comes before the traveller",
        {2},
        at(0, country="GB"),
        at(10, event_type="refund", country="FR"),
        at(12, country="FR"),
    ),
    crypto(
        "peel_chain",
        "slice by slice",
        {3, 4},
        *(at(30 * turn, value=10_000 - 500 * turn) for turn in range(5)),
    ),
    crypto(
        "peel_chain",
        "less of an asset that rested ten days",
        set(),
        at(0, asset="USDC", value=1000),
        *(at(10 * DAY + turn, value=1000 + turn) for turn in range(3)),
        at(10 * DAY + 4, asset="USDC", value=900),
    ),
    payments(
        "spending_spree",
        "a day of fives after a day of ones",
        {9},
        *(at(HOUR * turn, amount="1.00") for turn in range(5)),
        *(at(3 * DAY + HOUR * turn, amount="5.00") for turn in range(5)),
    ),
    payments(
        "spending_spree",
        "one payment in a currency hardly used",
        set(),
        *(at(HOUR * turn, currency="USD") for turn in range(5)),
        at(6 * HOUR, amount="1.00"),
        *(at(3 * DAY + HOUR * turn, currency="USD") for turn in range(4)),
        at(3 * DAY + 5 * HOUR, amount="5.00"),
    ),
    payments(
        "untested_merchant",
        "a large payment after small ones",
        {4},
        *(at(HOUR * turn) for turn in range(4)),
        at(5 * HOUR, amount="30.00"),
    ),
    payments(
        "untested_merchant", "cards are checked", set(), *(at(HOUR * t, amount="0.00") for t in range(6))
    ),
    crypto("dormant_wallet", "asleep for 40 days", {1}, at(0), at(40 * DAY), at(41 * DAY)),
    crypto("dormant_wallet", "not seen in 90 days", set(), at(0), at(90 * DAY)),
    crypto("dormant_wallet", "a mint rests", set(), at(-80 * DAY), at(-40 * DAY), sender=NULL_ADDRESS),
    payments(
        "dormant_then_active",
        "a week of silence",
        {3, 4},
        at(0),
        *(at(8 * DAY + turn) for turn in range(4)),
    ),
    payments(
        "dormant_then_active",
        "two months of silence",
        {3},
        at(0),
        *(at(60 * DAY + turn) for turn in range(3)),
    ),
    payments(
        "dormant_then_active",
        "not seen in 90 days",
        set(),
        at(0),
        *(at(91 * DAY + turn) for turn in range(4)),
    ),
    payments("dormant_then_active", "a new account", set(), *(at(turn) for turn in range(4))),
)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: f"{history.rule}: {history.name}")
def test_a_rule_fires_on_these_events_of_a_history_and_no_others(fired, history):
    of = fired[history.domain]
    places = range(len(history.events))
    assert {place for place in places if history.rule in of[f"{history.name} {place}"]} == history.fires
