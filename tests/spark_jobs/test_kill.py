"""A stream that is killed under load, or run twice, loses nothing and doubles nothing; unguarded it doubles."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from pyspark.errors import StreamingQueryException

from spark_jobs import scorer
from spark_jobs.stream import drain
from tests.killed_stream import UNGUARDED, Victim, append_anyway, at_quarantine, end_of_log, loaded, suffer
from tests.small_pack import small_messages, write_brief_pack

KILLS = 12


@pytest.fixture
def domain(kafka, home, monkeypatch, request):
    """A domain with the brief pack in a home of its own, and its topic."""
    write_brief_pack(home / "domains", request.param)
    monkeypatch.setenv("WEIR_DOMAINS", str(home / "domains"))
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP_SERVERS", kafka.servers)
    monkeypatch.setenv("WEIR_SPARK_MEMORY", "1g")
    kafka.create_topic(request.param, partitions=3)
    return request.param


@pytest.mark.parametrize("domain", ["guarded"], indirect=True)
def test_twelve_kills_lose_nothing_and_double_nothing(spark, domain, figures):
    torn, toll = suffer(spark, Victim(domain), KILLS, small_messages(), seed=3)
    figures(f"{KILLS} kills, {torn} of them within a batch; {toll}")
    assert toll.is_nothing, toll
    # or the kills would have been idle ones
    assert torn >= 3


@pytest.mark.parametrize("domain", ["unguarded"], indirect=True)
def test_without_the_guard_a_kill_doubles_messages(spark, domain, monkeypatch, figures):
    victim = Victim(domain, UNGUARDED)
    with loaded(domain, small_messages()) as load:
        victim.live_and_die(at_quarantine)
    monkeypatch.setattr(scorer, "append_once", append_anyway)
    drain(spark, domain, victim.intake())
    toll = victim.toll(spark, load.sent)
    figures(f"1 kill; {toll}")
    assert toll.doubled["quarantine"] > 0
    assert not toll.balanced


@pytest.mark.parametrize("domain", ["contested"], indirect=True)
def test_of_two_drivers_of_a_checkpoint_one_gives_up_and_nothing_doubles(
    spark, domain, home, monkeypatch, figures
):
    """Each has a home of its own, as on two machines, so that no lease keeps them apart."""
    victim, commits = Victim(domain), set[Path]()
    wanted = victim.intake()
    with loaded(domain, small_messages()) as load, victim.alive() as other:
        while not commits and other.poll() is None:
            time.sleep(0.1)
            commits = victim.commits()
        monkeypatch.setenv("WEIR_LAKE", str(home / "lake"))
        monkeypatch.setenv("WEIR_CHECKPOINTS", str(home / "checkpoints"))
        monkeypatch.setenv("WEIR_HOME", str(home / "elsewhere"))
        given_up = ""
        while not given_up and other.poll() is None:
            try:
                drain(spark, domain, wanted)
            except StreamingQueryException as error:
                given_up = str(error)
    monkeypatch.setenv("WEIR_HOME", str(home))
    assert re.search("(?i)concurrent", given_up or end_of_log(20_000))
    drain(spark, domain, wanted)
    toll = victim.toll(spark, load.sent)
    figures(f"2 drivers, {'this' if given_up else 'the other'} one gave up; {toll}")
    assert toll.is_nothing, toll
