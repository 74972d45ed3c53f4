"""A source is named KIND:PLACE, in one way for all kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.commands.inputs import PLACES
from spark_jobs.sources.kinds import parse_source
from spark_jobs.sources.source import FilesSource
from weir.error import WeirError


def test_a_folder_is_a_source_of_files():
    assert parse_source("files:in/a:b") == FilesSource(Path("in/a:b"))


def test_a_bucket_is_no_folder():
    with pytest.raises(WeirError, match="--from files:s3a://bucket/in: write a folder of this machine"):
        parse_source("files:s3a://bucket/in")


def test_no_source_is_none():
    assert parse_source(None) is None


@pytest.mark.parametrize("text", ["file:in", "in", "files:", ":in", ""])
def test_another_kind_is_refused_with_those_there_are(text):
    with pytest.raises(WeirError) as refused:
        parse_source(text)
    # the same words that `weir stream --help` has
    assert str(refused.value) == f"--from {text}: write {PLACES}"
