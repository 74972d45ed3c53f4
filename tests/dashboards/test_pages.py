"""The pages as a visitor drives them, without a browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.filters import event_address
from tests.dashboards.rows import NOON, decision
from tests.dashboards.sample_marts import publish_sample, write_marts

APP = Path(__file__).resolve().parents[2] / "dashboards" / "streamlit_app.py"


def opened(page: str = "overview", **query: str) -> AppTest:
    """The app with one of its pages run, at an address with these parameters."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params.update(query)
    app.run()
    if page != "overview":
        # changing the page clears what no filter is bound to
        app.switch_page(f"app_pages/{page}.py").query_params.update(query)
        app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    """All that is written on the page, as it is read: without the backslashes that keep data from markup."""
    return "\n".join(element.value for element in [*app.markdown, *app.info]).replace("\\", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("page", ["overview", "alerts", "health", "quarantine"])
def test_a_page_without_marts_says_what_to_run(page, home):
    app = opened(page)
    assert "make demo" in texts(app)
    assert str(home) in texts(app)


def test_the_overview_shows_the_latest_day_compared_with_the_day_before(published, sample):
    app = opened()
    count = "select count(*) from decisions where occurred_at >= ? and occurred_at < ?"
    (decisions,) = sample.execute(count, ["2026-03-13", "2026-03-14"]).fetchone()
    assert metrics(app)["Decisions"] == f"{decisions:,}"
    assert all(metric.delta for metric in app.metric)
    assert "13 Mar 2026 00:00 to 14 Mar 2026 00:00 UTC" in texts(app)


def test_the_overview_of_all_there_is_compares_with_nothing(published, sample):
    app = opened(range="all")
    (decisions,) = sample.execute("select count(*) from decisions").fetchone()
    assert metrics(app)["Decisions"] == f"{decisions:,}"
    assert not any(metric.delta for metric in app.metric)


def test_choosing_a_domain_leaves_the_others_out(published, sample):
    app = opened(range="all")
    app.selectbox(key="domain").select("crypto").run()
    (decisions,) = sample.execute("select count(*) from decisions where domain = 'crypto'").fetchone()
    assert metrics(app)["Decisions"] == f"{decisions:,}"


def test_a_choice_of_domain_and_range_outlives_a_change_of_page(published):
    app = opened(domain="crypto", range="all")
    app.switch_page("app_pages/alerts.py").run()
    assert app.selectbox(key="domain").value == "crypto"
    assert "11 Mar 2026 00:" in texts(app)


def test_alerts_are_found_by_rule_and_the_newest_is_explained(published):
    app = opened("alerts", range="all")
    app.selectbox(key="rule").select("velocity_burst")
    app.pills(key="action").set_value(["block"])
    app.run()
    found = app.dataframe[0].value
    assert set(found["top_rule"]) == {"velocity_burst"}
    assert "2 rules hit: 100 points, so block" in texts(app)
    assert app.dataframe[1].value["rule"].tolist() == [
        "velocity_burst",
        "ip_flood",
        "cap",
    ]


def test_an_address_with_an_event_explains_it_although_it_is_out_of_range(published, sample):
    query = "select event_id, subject from decisions where top_rule = 'card_testing' order by seq limit 1"
    event_id, subject = sample.execute(query).fetchone()
    app = opened("alerts", domain="payments", event_id=event_id)
    assert event_id in texts(app)
    assert subject in texts(app)
    assert app.code[0].value == f"weir explain payments {event_id}"


def test_the_same_id_in_two_domains_is_two_events(home):
    path = home / "marts" / "two" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    alert = {"score": 70, "action": "challenge"}
    write_marts(
        path, [decision("a", seq=1, **alert), decision("a", domain="crypto", seq=2, subject="0xab", **alert)]
    )
    (home / "marts" / "current").write_text("two")
    assert "1 decision about 0xab" in texts(opened("alerts"))
    assert "1 decision about ann" in texts(opened("alerts", event_id="a", event_domain="payments"))


def test_the_same_id_on_two_days_is_two_events_and_the_chosen_one_is_explained(home):
    path = home / "marts" / "days" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    reasons = [{"rule": "velocity_burst", "points": 100, "text": "9 payments in 5 minutes"}]
    blocked = decision("inv-7", seq=1, score=100, action="block", reasons=reasons)
    write_marts(
        path, [blocked, decision("inv-7", seq=2, subject="bob", occurred_at=NOON + timedelta(days=1))]
    )
    (home / "marts" / "current").write_text("days")
    chosen = opened("alerts", range="all", **event_address(pd.Series(blocked | {"event_date": "2026-03-12"})))
    assert "1 rule hit: 100 points, so block" in texts(chosen)
    assert "1 decision about ann" in texts(chosen)
    assert chosen.dataframe[1].value["rule"].tolist() == ["velocity_burst"]
    assert "1 decision about bob" in texts(opened("alerts", range="all", event_id="inv-7"))


def test_the_newest_found_is_explained_although_its_id_came_again_later(home):
    path = home / "marts" / "again" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    blocked = decision("inv-7", seq=1, score=100, action="block")
    write_marts(
        path, [blocked, decision("inv-7", seq=2, subject="bob", occurred_at=NOON + timedelta(days=1))]
    )
    (home / "marts" / "current").write_text("again")
    assert "1 decision about ann" in texts(opened("alerts", range="all"))


def test_an_event_about_nobody_is_explained_too(home):
    path = home / "marts" / "nobody" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    trade = decision("t", domain="crypto", subject=None, user_id=None, score=90, action="block")
    write_marts(path, [decision("a"), trade])
    (home / "marts" / "current").write_text("nobody")
    assert "Nobody is named" in texts(opened("alerts"))


def test_an_event_that_is_not_there_is_said_to_be_missing(published):
    assert "No decision to explain" in texts(opened("alerts", event_id="nonesuch"))


def test_filters_that_nothing_answers_leave_an_explained_empty_list(published):
    app = opened("alerts")
    app.text_input(key="search").input("nobody").run()
    assert "Nothing answers these filters" in texts(app)


def test_health_shows_the_books_as_an_equation_that_holds(published, sample):
    app = opened("health")
    query = "select parts, scored, quarantined, pending from books where domain = 'payments'"
    parts, scored, quarantined, pending = sample.execute(query).fetchone()
    assert parts == scored + quarantined + pending
    equation = (
        f"**{parts:,}** :gray[raw] = **{scored:,}** :gray[scored] + **{quarantined:,}** :gray[quarantined]"
    )
    assert equation in texts(app)
    assert ":green-badge[:material/check: balanced]" in texts(app)


def test_health_says_why_the_books_are_off(home):
    with duckdb.connect(publish_sample(home, "off")) as marts:
        marts.execute("update books set orphans = 2, balanced = false where domain = 'payments'")
    shown = texts(opened("health"))
    assert "The books are off" in shown
    assert ":red-badge[:material/close: off]" in shown
    assert "2 orphans" in shown


def test_health_shows_failed_checks_first_with_a_cross_then_warnings_as_such(published):
    app = opened("health")
    assert app.dataframe[0].value["result"].tolist() == ["✗", "warning", "✓", "✓", "✓"]
    assert "1 of 5 checks failed, 1 warning" in texts(app)


def test_quarantine_names_the_mend_of_a_reason_and_the_commands_that_try_it(published):
    app = opened("quarantine", domain="payments", range="all", reason="missing")
    assert "Required and absent, null or blank" in texts(app)
    assert "Send a value." in texts(app)
    assert app.code[0].value.splitlines() == [
        "weir quarantine payments --reason missing --repair repair.py",
        "weir quarantine payments --reason missing --repair repair.py --release",
    ]
    assert set(app.dataframe[0].value["reason"]) == {"missing"}


def test_quarantine_gives_the_commands_of_each_domain_that_has_the_reason(home):
    path = home / "marts" / "refused" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    found = [*[("payments", "missing")] * 3, ("crypto", "missing"), ("crypto", "not_json")]
    refusals = [{"domain": domain, "received_at": NOON, "reason": reason} for domain, reason in found]
    write_marts(path, [decision("a"), decision("b"), decision("t", domain="crypto")], refusals=refusals)
    (home / "marts" / "current").write_text("refused")
    of_crypto = opened("quarantine", range="all", reason="not_json").code[0].value.splitlines()
    assert of_crypto == [
        "weir quarantine crypto --reason not_json --repair repair.py",
        "weir quarantine crypto --reason not_json --repair repair.py --release",
    ]
    for reason, chosen in (("missing", " --reason missing"), ("", "")):
        query = {"reason": reason} if reason else {}
        assert opened("quarantine", range="all", **query).code[0].value.splitlines() == [
            f"weir quarantine payments{chosen} --repair repair.py",
            f"weir quarantine payments{chosen} --repair repair.py --release",
            f"weir quarantine crypto{chosen} --repair repair.py",
            f"weir quarantine crypto{chosen} --repair repair.py --release",
        ]


def test_quarantine_shows_every_reason_until_one_is_chosen(published):
    app = opened("quarantine", range="all")
    assert len(set(app.dataframe[0].value["reason"])) > 1
    assert "open, most for" in texts(app)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("overview", ["No rule hit", "No labels for these days", "No alerts", "No offenders"]),
        ("alerts", ["0 decisions", "No decision to explain"]),
        ("health", ["Not checked yet", "Nothing quarantined"]),
        ("quarantine", ["Nothing quarantined"]),
    ],
)
def test_one_harmless_event_fills_no_panel_but_each_says_why(home, page, said):
    path = home / "marts" / "one" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    write_marts(path, [decision("a")])
    (home / "marts" / "current").write_text("one")
    assert [text for text in said if text not in texts(opened(page))] == []


def test_a_new_version_is_shown_once_it_is_published(home, sample):
    first = publish_sample(home, "v1")
    assert "Built 14 Mar 2026 00:06 UTC" in texts(opened("health"))
    app = opened()
    before = metrics(app)["Decisions"]
    second = first.parents[1] / "v2" / first.name
    second.parent.mkdir()
    _without_payments(first, second)
    (home / "marts" / "current").write_text("v2")
    assert metrics(app.run())["Decisions"] != before


def _without_payments(source: Path, target: Path) -> None:
    """Copy the marts, leaving that domain out."""
    target.write_bytes(source.read_bytes())
    connection = duckdb.connect(target)
    for table in ("decisions", "decisions_per_minute", "pipeline_health_per_minute"):
        connection.execute(f"delete from {table} where domain = 'payments'")
    connection.close()
