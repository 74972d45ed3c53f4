"""A file that a running service will not land is told of once, and only when it is there to stay."""

import pytest

from orchestration.left_out import LeftOutFiles
from weir.error import WeirError


def folder(*found):
    """What is found at each look; an error is raised."""
    looks = iter(found)

    def look():
        now = next(looks)
        if isinstance(now, Exception):
            raise now
        return now

    return look


def said(*looks):
    """What is found at each look -> what was said at each."""
    lines, told = [], []
    files = LeftOutFiles([folder(*looks)], lines.append)
    for _ in looks:
        files.look()
        told.append([*lines])
        lines.clear()
    return told


def test_a_line_is_said_when_a_second_look_finds_it_and_then_no_more():
    assert said(["a: rewritten"], ["a: rewritten"], ["a: rewritten"]) == [[], ["a: rewritten"], []]


def test_what_was_landed_after_all_is_not_said():
    assert said(["a: changed while it landed"], [], []) == [[], [], []]


def test_a_file_that_was_mended_and_spoilt_again_is_said_again():
    assert said(["a"], ["a"], [], ["a"], ["a"]) == [[], ["a"], [], [], ["a"]]


@pytest.mark.parametrize("failure", [FileNotFoundError("0.jsonl"), WeirError("broken")])
def test_a_look_that_fails_is_passed_over(failure):
    assert said(["a"], failure, ["a"]) == [[], [], ["a"]]


def test_a_folder_is_not_walked_through_all_the_time():
    walked = []
    files = LeftOutFiles([lambda: walked.append("once") or []], print)
    for _ in range(2):
        files.look_now_and_then()
        assert files.looking
        files.looking.join()
    assert walked == ["once"]
