"""Every reason that a row can be given is explained in one place."""

from __future__ import annotations

import re
from datetime import timedelta

from weir import message
from weir.contract import SPARK_TYPES, Column, Contract
from weir.reason import CODES, REASONS, markdown
from weir.validity import checks


def test_a_check_gives_only_known_reasons():
    columns = tuple(
        Column(kind, kind, required=True, aliases=("other",), minimum=None, currency="currency")
        for kind in SPARK_TYPES
    )
    contract = Contract("all", (*columns, Column("occurred_at", "time", required=True)))
    given = {
        check.reason
        for column in contract.columns
        for check in checks(contract, column, {"kafka": timedelta(1)}, mapped=False)
    }
    assert given < CODES


def test_a_message_is_refused_only_for_known_reasons():
    sql = message.REFUSED + message.REFUSED_ROW
    assert set(re.findall(r"(?:then|else) '([a-z_0-9]+)'", sql)) < CODES


def test_a_code_is_explained_once_and_listed():
    assert len(CODES) == len(REASONS)
    assert markdown().count("\n") == len(REASONS) + 1
    assert all(reason.meaning and reason.mend for reason in REASONS)
