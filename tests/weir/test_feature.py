"""A features.yml says what each feature looks at; what it cannot mean is refused."""

from datetime import timedelta

import pytest

from tests.small_pack import RULES, small_pack
from weir.feature import Feature
from weir.pack import PackError

NO_RULES = {"rules": "version: 1\nrules: []\n", "cases": "{}\n"}
ENTRY = {"name": "it", "key": "[user_id]"}


def features(**fields):
    entry = ", ".join(f"{key}: {value}" for key, value in (ENTRY | fields).items())
    return small_pack(features=f"- {{{entry}}}\n", **NO_RULES).features


@pytest.mark.parametrize(
    ("fields", "span", "kind"),
    [
        ({"kind": "count", "window": "30s"}, timedelta(seconds=30), "bigint"),
        ({"kind": "count", "window": "5m"}, timedelta(minutes=5), "bigint"),
        ({"kind": "sum", "value": "amount_minor", "window": "24h"}, timedelta(hours=24), "bigint"),
        ({"kind": "sum", "value": "value", "window": "7d"}, timedelta(days=7), "decimal(38,0)"),
        ({"kind": "distinct", "value": "currency", "window": "1h"}, timedelta(hours=1), "bigint"),
        ({"kind": "seconds_since_previous"}, timedelta(days=90), "bigint"),
        ({"kind": "is_first_seen", "value": "currency", "horizon": "30d"}, timedelta(days=30), "boolean"),
        ({"kind": "previous", "value": "currency"}, timedelta(days=90), "string"),
        ({"kind": "previous", "value": "amount"}, timedelta(days=90), "decimal(20,4)"),
        ({"kind": "session_count", "gap": "30m"}, timedelta(hours=24), "bigint"),
        ({"kind": "session_seconds", "gap": "24h"}, timedelta(hours=24), "bigint"),
    ],
)
def test_a_feature_has_the_span_and_type_of_its_kind(fields, span, kind):
    (feature,) = features(**fields)
    assert (feature.span, feature.type) == (span, kind)


def test_where_is_made_safe_for_spark():
    (feature,) = features(kind="count", window="1h", where="'value / 0 > 1 and event_type = ''payment'''")
    assert feature == Feature(
        "it", "count", ("user_id",), None, timedelta(hours=1), None, feature.where, "", "bigint"
    )
    assert "try_divide(" in str(feature.where)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "cont", "window": "5m"}, "unknown 'cont'; did you mean 'count'?"),
        ({"kind": "count"}, "'window' is missing; write 'window: ...'"),
        (
            {"kind": "count", "window": "5 minutes"},
            "'5 minutes' is not a span of time; write for example 30s, 5m",
        ),
        ({"kind": "count", "window": "300"}, "'300' is not a span of time"),
        ({"kind": "count", "window": "0m"}, "'0m' is not a span of time"),
        ({"kind": "count", "window": "5m", "horizon": "5m"}, "unknown key 'horizon'"),
        ({"kind": "previous", "value": "currency", "window": "5m"}, "unknown key 'window'"),
        (
            {"kind": "count", "window": "5m", "key": "[usr_id]"},
            "the contract has no column 'usr_id'; did you mean 'user_id'?",
        ),
        ({"kind": "count", "window": "5m", "key": "[]"}, "the key is empty; write for example [user_id]"),
        ({"kind": "count", "window": "5m", "key": "user_id"}, "user_id should be a list"),
        ({"kind": "count", "window": "5m", "key": "[user_id, user_id]"}, "a column stands twice in the key"),
        ({"kind": "count", "window": "5m", "key": "[metadata]"}, "'metadata' is a map"),
        (
            {"kind": "sum", "window": "5m", "value": "amount"},
            "only whole numbers are summed, and 'amount' is decimal(20,4); write amount_minor",
        ),
        (
            {"kind": "sum", "window": "5m", "value": "speed"},
            "only whole numbers are summed, and 'speed' is double; write one of amount_minor",
        ),
        ({"kind": "sum", "window": "5m"}, "'value' is missing"),
        ({"kind": "session_count", "gap": "25h"}, "a session lasts at most 24h"),
        (
            {"kind": "count", "window": "5m", "name": "User-Count"},
            "'User-Count' is not snake_case; write 'user_count'",
        ),
        (
            {"kind": "count", "window": "5m", "where": "event_type = 'paymnt'"},
            "where: event_type is never 'paymnt'",
        ),
        ({"kind": "count", "window": "5m", "where": "is_listed"}, "where: unknown column 'is_listed'"),
        (
            {"kind": "count", "window": "5m", "where": "amount"},
            "where: 'amount' is decimal(20,4), not true or false",
        ),
    ],
)
def test_what_a_feature_cannot_mean_is_refused_with_its_mend(fields, message):
    with pytest.raises(PackError) as refused:
        features(**fields)
    assert f"features.yml:1 {message}" in str(refused.value)


def test_rules_that_use_a_feature_with_a_mistake_are_not_blamed():
    with pytest.raises(PackError) as refused:
        small_pack(
            features="- {name: user_payments_5m, kind: count, key: [user_id], window: soon}\n", rules=RULES
        )
    assert [mistake.file for mistake in refused.value.mistakes] == ["features.yml"]
