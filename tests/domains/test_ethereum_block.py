"""A block as ethereum-etl exports it, against lists as their publishers ship them: all the way to decisions."""

from __future__ import annotations

import io
import json
import tarfile
from decimal import Decimal
from pathlib import Path

import pytest

from data_quality.books import books
from spark_jobs.intake import intake
from spark_jobs.lake import read_table
from spark_jobs.reference import load_reference
from spark_jobs.stream import drain
from weir.settings import settings

SANCTIONED, PHISHER, ROUTER, UNKNOWN = (
    "0x8589427373D6D84E98730D7795D8f6f8731FDA16",
    "0x00000000000000000000000000000000000000f1",
    "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D",
    "0x00000000000000000000000000000000000000b2",
)
CONTRACT = "0x00000000000000000000000000000000000000c3"
# more than a double can hold, which every reader that parses JSON numbers as doubles would change
VALUE = 10**21 + 1
SENDERS = 12


def transaction(number, sender, receiver, input="0x"):
    return {
        "type": "transaction",
        "hash": f"0x{number:064x}",
        "from_address": sender,
        "to_address": receiver,
        "value": VALUE,
        "input": input,
        "block_timestamp": 1683029999,
    }


def wallet(number):
    return f"0x{number + 1:040x}"


@pytest.fixture
def lists(spark, home):
    """OFAC's archive of a text file a coin, a CSV of Forta's form, and the services that Weir knows."""
    with tarfile.open(home / "ofac_2024-09-27.tar.gz", "w:gz") as archive:
        for name, text in {
            "ETH.txt": f"{SANCTIONED}\n",
            "XBT.txt": "149w62rY42aZBox8fGcmqNsXUzSStKeq8C\n",
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    (home / "forta.csv").write_text(f"address,etherscan_tag,is_contract\n{PHISHER},Fake_Phishing1,False\n")
    shipped = Path(settings().domains, "crypto", "lists", "service_addresses.csv")
    load_reference(spark, "sanctioned_addresses", home / "ofac_2024-09-27.tar.gz")
    load_reference(spark, "phishing_addresses", home / "forta.csv")
    load_reference(spark, "service_addresses", shipped)


@pytest.fixture
def decided(spark, home, lists):
    """event_id -> action and texts, of a block in which many pay a known router, a wallet, and a contract."""
    block = [
        transaction(1, wallet(1), SANCTIONED),
        transaction(2, PHISHER.lower(), wallet(2)),
        transaction(3, wallet(3), wallet(4)),
        *(transaction(100 + n, wallet(100 + n), ROUTER) for n in range(SENDERS)),
        *(transaction(200 + n, wallet(200 + n), UNKNOWN) for n in range(SENDERS)),
        *(transaction(300 + n, wallet(300 + n), CONTRACT, "0x3593564c") for n in range(SENDERS)),
    ]
    (home / "in").mkdir()
    (home / "in" / "block.jsonl").write_text("".join(json.dumps(one) + "\n" for one in block))
    wanted = intake("crypto", f"files:{home / 'in'}", "ethereum-etl", None)
    assert drain(spark, "crypto", wanted).scored == len(block)
    rows = read_table(spark, settings().table("scored", "crypto")).collect()
    assert {row["value"] for row in rows} == {Decimal(VALUE)}
    assert sum(row["value"] for row in rows) == len(block) * VALUE
    return {
        int(row["event_id"], 16): (row["action"], frozenset(hit["text"] for hit in row["reasons"]))
        for row in rows
    }


def test_a_block_is_judged_by_published_lists_and_its_books_balance(spark, decided):
    assert decided[1] == ("block", {f"{SANCTIONED.lower()} is sanctioned"})
    assert decided[2] == ("verify", {f"{PHISHER} is known for phishing"})
    assert decided[3] == ("allow", set())
    assert {decided[first + n] for first in (100, 300) for n in range(SENDERS)} == {("allow", frozenset())}
    assert [decided[200 + n][0] for n in (8, 9, 11)] == ["allow", "challenge", "challenge"]
    tables = (read_table(spark, settings().table(zone, "crypto")) for zone in ("raw", "scored", "quarantine"))
    (counted,) = books(*tables).collect()
    assert (counted["balanced"], counted["scored"], counted["pending"]) == (True, 3 + 3 * SENDERS, 0)
