"""`weir explain`: all that is known of one event, for programs and for people."""

import json
import shlex

from weir.pack import load_pack

ATTACK = "e20"


def test_every_section_of_a_decision_is_there(sample_home, weir):
    (explained,) = json.loads(weir("explain", "payments", ATTACK, "--json").out)
    assert list(explained) == ["event", "features", "reasons", "decision", "message"]
    event, decision, message = (explained[name] for name in ("event", "decision", "message"))
    assert (event["event_id"], event["user_id"], event["amount"]) == (ATTACK, "mallory", "5.0000")
    assert list(explained["features"]) == [feature.name for feature in load_pack("payments").features]
    assert sum(reason["points"] for reason in explained["reasons"]) == decision["score"] == 100
    assert (decision["action"], decision["ruleset"]) == ("block", "payments@1#abcdef")
    assert (message["source"], message["partition"], message["position"]) == ("files:/data", "0.json", 2000)
    assert json.loads(message["payload"]) == {"amount": 1}


def test_people_read_the_decision_first_then_why_and_what_it_was_made_from(sample_home, weir):
    lines = [" ".join(line.split()) for line in weir("explain", "payments", ATTACK).out.splitlines()]
    assert lines[:4] == [
        f"{ATTACK}: block, score 100, by payments@1#abcdef",
        "points rule why",
        "70 velocity_burst 9 payments in 5 minutes",
        "30 first_device a device never seen",
    ]
    assert [line for line in lines if line.endswith(" value")] == ["event value", "message value"]
    assert {"user_id mallory", 'payload {"amount": 1}'} <= set(lines)
    # what is not there is not shown: the sample has no features
    assert "features: none" in lines
    assert not [line for line in lines if line.endswith(" None")]


def test_an_event_that_is_not_there_is_looked_for_in_quarantine(sample_home, weir):
    ended = weir("explain", "payments", "e9")
    assert (ended.code, ended.out) == (1, "")
    assert "no event 'e9' in scored/payments" in ended.err
    program, *words = shlex.split(ended.err.splitlines()[-1])
    (refused,) = json.loads(weir(*words, "--json").out)
    assert (program, refused) == ("weir", {"event_id": "e9", "reason": "duplicate"})


def test_the_search_can_be_pasted_into_a_shell_whatever_the_id_holds(sample_home, weir):
    ended = weir("explain", "payments", 'it\'s "$HOME"')
    _, *words = shlex.split(ended.err.splitlines()[-1])
    assert json.loads(weir(*words, "--json").out) == []
