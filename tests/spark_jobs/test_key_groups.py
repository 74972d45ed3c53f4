"""One shuffle serves all features whose keys hold the same root."""

from datetime import timedelta

from spark_jobs.key_groups import key_groups
from tests.spark_jobs.feature_sample import feature


def test_a_finer_key_joins_the_group_of_the_coarser_one():
    groups = key_groups(
        [
            feature("amount", "sum", "user", "currency", value="amount", span=60),
            feature("payments", "count", "user", span=5),
            feature("from_address", "count", "ip", span=2),
        ]
    )
    found = {group.root: [one.name for one in group.features] for group in groups}
    assert found == {("user",): ["amount", "payments"], ("ip",): ["from_address"]}
    assert groups[-1].span == timedelta(seconds=60)


def test_a_finer_key_is_the_root_and_the_rest():
    (group,) = key_groups(
        [feature("amount", "sum", "currency", "user", value="amount"), feature("payments", "count", "user")]
    )
    assert {one.name: group.rest(one) for one in group.features} == {"amount": ("currency",), "payments": ()}


def test_keys_that_share_no_root_are_groups_of_their_own():
    groups = key_groups(
        [feature("one", "count", "user", "device"), feature("two", "count", "user", "currency")]
    )
    assert sorted(group.root for group in groups) == [("currency", "user"), ("device", "user")]
