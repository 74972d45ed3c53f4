"""On a real S3 server: one machine at a time holds a lease, and no longer than it lives."""

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict

import pytest

from spark_jobs.lease import Holder, LeaseHeld
from spark_jobs.s3_lease import s3_lease
from spark_jobs.writing import writing
from tests.s3_server import s3_server
from weir.error import WeirError
from weir.s3 import s3_client

URI, PLACE = "s3://weir/lake/leases/payments", {"Bucket": "weir", "Key": "lake/leases/payments"}
STREAM = Holder("weir stream", 1, "2024-03-01T00:00:00+00:00", "here")
OTHER = Holder("weir stream", 2, "2024-03-02T00:00:00+00:00", "there")
# seconds; of a test that must not wait for it, and of one that does
LONG, SHORT = 600, 3
HOLD = """
import json, sys, time
from spark_jobs.lease import Holder
from spark_jobs.s3_lease import s3_lease
with s3_lease(sys.argv[1], Holder(**json.loads(sys.argv[2])), term=float(sys.argv[3])):
    print("held", flush=True)
    time.sleep(600)
"""
# S3 takes the object, and never answers when it is written anew
STALLED = """
import time
from spark_jobs import s3_lease
write = s3_lease._Object._write
def stalled(self, **only):
    return time.sleep(600) if "IfMatch" in only else write(self, **only)
s3_lease._Object._write = stalled
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s3")
    (folder / "weir").mkdir()
    with s3_server(folder) as refusals:
        yield refusals


@pytest.fixture(autouse=True)
def nobody_holds_it(server):
    s3_client().delete_object(**PLACE)


@contextmanager
def another_machine(term, program=HOLD):
    """Another process that holds the lease as OTHER."""
    command = [sys.executable, "-c", program, URI, json.dumps(asdict(OTHER)), str(term)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def holder_now():
    values = json.loads(s3_client().get_object(**PLACE)["Body"].read())
    del values["writes"]
    return Holder(**values)


def write_as(holder, writes=0):
    s3_client().put_object(**PLACE, Body=json.dumps(asdict(holder) | {"writes": writes}).encode())


def is_there():
    return bool(s3_client().list_objects_v2(Bucket="weir", Prefix=PLACE["Key"])["KeyCount"])


def test_a_machine_that_lives_refuses_the_next_and_is_named():
    with another_machine(SHORT):
        refusal = r"s3://weir/.+: 'weir stream' \(pid 2 on there\) has been writing since 2024-03-02"
        with pytest.raises(LeaseHeld, match=refusal), s3_lease(URI, STREAM, term=LONG / 100):
            pass
        assert holder_now() == OTHER


def test_a_machine_that_died_is_replaced_when_its_term_is_over(caplog):
    with another_machine(LONG) as process:
        process.kill()
        process.wait()
        with s3_lease(URI, STREAM, term=SHORT):
            assert holder_now() == STREAM
    assert "taken over from 'weir stream' (pid 2 on there), which is gone" in caplog.text


def test_who_died_in_this_home_is_replaced_at_once():
    write_as(OTHER)
    with s3_lease(URI, STREAM, left=OTHER, term=LONG):
        assert holder_now() == STREAM


def test_a_lease_is_free_again_after_its_block_even_when_that_failed():
    with pytest.raises(ZeroDivisionError), s3_lease(URI, STREAM):
        raise ZeroDivisionError
    assert not is_there()


def test_who_lost_the_lease_ends_at_once():
    with another_machine(SHORT) as process:
        write_as(STREAM)
        _, said = process.communicate()
    assert process.returncode == 1
    assert f"{URI}: another machine has taken it; 'weir stream' ends at once" in said
    assert holder_now() == STREAM


def test_who_cannot_reach_it_for_a_term_ends_before_another_may_take_it(server):
    with another_machine(SHORT) as process:
        server.begin("PUT .*/leases/")
        _, said = process.communicate()
        server.end()
    assert process.returncode == 1
    assert "could not be written anew, so another machine may take it" in said


def test_who_gets_no_answer_for_a_term_ends_before_another_may_take_it():
    with another_machine(SHORT, STALLED + HOLD) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "could not be written anew, so another machine may take it" in said


def test_a_write_whose_answer_was_lost_is_one_s_own():
    with another_machine(SHORT) as process:
        write_as(OTHER, writes=99)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2 * SHORT)
        assert holder_now() == OTHER


def test_a_bucket_that_is_not_there_is_named_with_what_to_do():
    absent = URI.replace("weir", "absent")
    refusal = r"s3://absent/.+ does not exist.*see that the bucket is there"
    with pytest.raises(WeirError, match=refusal), s3_lease(absent, STREAM):
        pass


def test_a_lake_on_s3_is_written_by_one_home(home, monkeypatch):
    monkeypatch.setenv("WEIR_LAKE", "s3a://weir/lake")
    with writing("payments", "weir stream") as holder:
        assert holder_now() == holder
        monkeypatch.setenv("WEIR_HOME", str(home / "another"))
        with pytest.raises(LeaseHeld, match="'weir stream'"), writing("payments", "weir release"):
            pass
    assert not is_there()
