"""A file that a running service will not land is told of once, and only when it is there to stay."""

import pytest

from orchestration.left_out import LeftOutFiles
from weir.error import WeirError


class Folder:
    """Stands for a service: what it leaves out at each look."""

    def __init__(self, *looks):
        self.looks = iter(looks)

    def left_out(self):
        found = next(self.looks)
        if isinstance(found, Exception):
            raise found
        return found


def said(*looks):
    """Looks at a service -> what was said at each."""
    lines, told = [], []
    files = LeftOutFiles([Folder(*looks)], lines.append)
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
    folder = Folder(["a"], ["a"])
    files = LeftOutFiles([folder], print)
    for _ in range(2):
        files.look_now_and_then()
        files.looking.join()
    assert [*folder.looks] == [["a"]]
