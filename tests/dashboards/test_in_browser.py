"""The dashboards as they are: served by Streamlit, drawn by chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboards.screenshot import (
    DRAWN_WITHIN,
    PAGES,
    BrowserMissingError,
    browsing,
    serving,
    visit,
    wait_until_drawn,
)

CHARTS = {"overview": 4, "alerts": 2, "health": 4, "quarantine": 1}
FIRST_ROW = {"x": 18, "y": 50}  # its tick box, in pixels from the table's corner: a table is one canvas


@pytest.fixture(scope="module")
def address(sample_home: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEIR_HOME", str(sample_home))
        with serving() as address:
            yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    yield page
    page.close()


def assert_nothing_broke(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_missing_browser_is_named_with_its_mend(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserMissingError, match="apt-get install chromium"), browsing():
        pass


@pytest.mark.parametrize("name", PAGES)
def test_a_page_draws_all_its_charts_and_fits_a_narrow_window(address, window, name, tmp_path):
    visit(window, f"{address}{PAGES[name]}")
    assert_nothing_broke(window)
    charts = window.get_by_test_id("stPlotlyChart")
    expect(charts).to_have_count(CHARTS[name])
    for chart in charts.all():
        assert chart.locator(".point, .js-line").count() > 0
    window.screenshot(path=tmp_path / f"{name}.png")
    window.set_viewport_size({"width": 390, "height": 844})
    wait_until_drawn(window)
    assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.screenshot(path=tmp_path / f"{name}_narrow.png")


def test_an_alert_chosen_on_the_overview_is_explained(address, window):
    visit(window, f"{address}/?domain=payments&range=all")
    figures = window.get_by_test_id("stMetricValue").all_inner_texts()
    assert [bool(re.fullmatch(r"[\d,.]+( ?(%|s|ms))?", figure)) for figure in figures] == [True] * 5
    newest = window.get_by_test_id("stDataFrame").first
    newest.scroll_into_view_if_needed()
    newest.click(position=FIRST_ROW)
    window.wait_for_url(re.compile("/alerts.*event_id=p-"), timeout=DRAWN_WITHIN)
    wait_until_drawn(window)
    assert_nothing_broke(window)
    assert "domain=payments" in window.url
    expect(window.get_by_text(re.compile("rules? hit: [0-9]+ points, so"))).to_be_visible()
