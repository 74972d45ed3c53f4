"""Payments of the shipped contract under few features and rules: a batch is planned and compiled quickly."""

from pathlib import Path

from weir.settings import PACKAGED_DOMAINS

FEATURES = """\
- {name: user_payments_5m, kind: count, key: [user_id], window: 5m, where: event_type = 'payment'}
- {name: user_amount_24h, kind: sum, key: [user_id, currency], value: amount_minor, window: 24h}
- {name: user_merchants_1h, kind: distinct, key: [user_id], value: merchant_id, window: 1h}
- {name: seconds_since_previous, kind: seconds_since_previous, key: [user_id]}
- {name: previous_country, kind: previous, key: [user_id], value: country}
- {name: is_first_device, kind: is_first_seen, key: [user_id], value: device_id}
- {name: user_session_payments, kind: session_count, key: [user_id], gap: 2m, where: event_type = 'payment'}
- {name: device_events_10m, kind: count, key: [device_id], window: 10m}
"""
RULES = """\
version: 1
rules:
  - name: burst
    when: user_payments_5m >= 2
    points: {expression: 5 * user_payments_5m + user_session_payments, maximum: 60}
    text: "{user_payments_5m} payments in 5 minutes, {user_session_payments} without a pause"
  - name: spree
    when: user_amount_24h >= 100000 and user_merchants_1h >= 2
    points: 20
    text: "{user_amount_24h} in {currency} at {user_merchants_1h} shops"
  - name: moved
    when: previous_country <> country and seconds_since_previous < 600
    points: 25
    text: "in {previous_country} {seconds_since_previous} seconds ago"
  - name: device
    when: is_first_device or device_events_10m >= 5
    points: 10
    text: "{device_events_10m} events on the device in 10 minutes"
"""
CASES = """\
burst: {fires: [{user_payments_5m: 2, user_session_payments: 1}], holds: [{user_payments_5m: 1}]}
spree: {fires: [{user_amount_24h: 100000, user_merchants_1h: 2}], holds: [{user_merchants_1h: 2}]}
moved: {fires: [{previous_country: US, country: FR, seconds_since_previous: 9}], holds: [{country: FR}]}
device: {fires: [{is_first_device: true}], holds: [{device_events_10m: 4}]}
"""
# as small_pack.BRIEF: for tests of what becomes of messages, whatever their features are
BRIEF = {
    "features": "".join(
        line
        for line in FEATURES.splitlines(keepends=True)
        if "user_payments_5m" in line or "is_first_device" in line
    ),
    "rules": """\
version: 1
rules:
  - {name: burst, when: user_payments_5m >= 2, points: 20, text: "{user_payments_5m} payments in 5 minutes"}
""",
    "cases": "burst: {fires: [{user_payments_5m: 2}], holds: [{user_payments_5m: 1}]}\n",
}


def write_narrow_payments(domains: Path, **texts: str) -> Path:
    """A folder of packs -> the same, with `payments` in it, the text of some files replaced."""
    folder = domains / "payments"
    folder.mkdir(parents=True)
    narrow = {"features": FEATURES, "reference": "[]\n", "rules": RULES, "cases": CASES}
    for name, text in (narrow | texts).items():
        (folder / f"{name}.yml").write_text(text)
    (folder / "contract.yml").write_text((PACKAGED_DOMAINS / "payments" / "contract.yml").read_text())
    return domains
