"""What the demo says at its end of the marts that it built."""

from __future__ import annotations

from orchestration.summary import summary
from tests.dashboards.sample_marts import publish_sample


def test_a_warning_is_no_failed_check(home):
    publish_sample(home)
    _, figures = next(summary())
    assert figures[-1] == {"": "checks failed", "crypto": 0, "payments": 1}
