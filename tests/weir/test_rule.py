"""A rules.yml is a named ruleset; a rule that could not run is refused when it is read."""

import re

import pytest

from tests.small_pack import RULES, small_pack
from weir.pack import PackError
from weir.rule import DEFAULT_BANDS


def refusal(rules):
    with pytest.raises(PackError) as refused:
        small_pack(rules=rules)
    return str(refused.value)


def test_a_ruleset_is_named_by_domain_number_and_content():
    assert re.fullmatch(r"small@3#[0-9a-f]{6}", small_pack().ruleset.name)


def test_points_are_a_number_or_an_expression_with_a_maximum():
    burst, fast = small_pack().ruleset.rules
    assert (burst.points, burst.points_sql, burst.maximum) == (40, None, 40)
    assert (fast.points, fast.points_sql, fast.maximum) == (None, "10 * speed", 60)


def test_bands_are_the_usual_ones_unless_written():
    assert small_pack().ruleset.bands == DEFAULT_BANDS
    assert small_pack(rules=RULES + "bands: {allow: 0, block: 50}\n").ruleset.bands == (
        ("allow", 0),
        ("block", 50),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points: 40", "points: 0", "rules.yml:5 0 should be a whole number from 1 to 100"),
        ("points: 40", "points: 101", "rules.yml:5 101 should be a whole number from 1 to 100"),
        ("points: 40", "points: 4.5", "rules.yml:5 4.5 should be a whole number"),
        ("maximum: 60", "maximum: 600", "rules.yml:9 600 should be a whole number from 1 to 100"),
        (", maximum: 60", "", "rules.yml:9 'maximum' is missing"),
        ("10 * speed", "currency", "rules.yml:9 'currency' is string; points are a number"),
        ("10 * speed", "10 * sped", "rules.yml:9 unknown column 'sped'; did you mean 'speed'?"),
        (
            "speed > 2",
            "speed > '2'",
            "rules.yml:8 > needs values of one type, not speed (double) and '2' (string)",
        ),
        ("speed > 2", "speed + 2", "rules.yml:8 'speed + 2' is double, not true or false"),
        ("speed > 2", "speed >", "rules.yml:8 'speed >' is not a SQL expression"),
        ("{speed}", "{sped}", "rules.yml:10 text: unknown column '{sped}'; did you mean 'speed'?"),
        ("{speed}", "{speed", "rules.yml:10 text: a brace without its partner"),
        ("{speed}", "{metadata}", "rules.yml:10 metadata (map<string,string>) has no text of its own"),
        ("name: fast", "name: burst", "rules.yml:7 rule 'burst' is there already, in line 3"),
        (
            "name: fast",
            "name: cap",
            "rules.yml:7 'cap' is what brings a sum down to 100; choose another name",
        ),
        ("version: 3", "version: three", "rules.yml:1 three should be a whole number from 1"),
        (
            "version: 3",
            "version: 3\nbands: {allow: 1, block: 80}",
            "rules.yml:2 the first band begins at 1; it must",
        ),
        (
            "version: 3",
            "version: 3\nbands: {allow: 0, block: 80, verify: 80}",
            "rules.yml:2 verify begins at 80, not above",
        ),
        (
            "version: 3",
            "version: 3\nbands: {allow: 0, block: 101}",
            "rules.yml:2 101 should be a whole number from 0",
        ),
        (
            "version: 3",
            "version: 3\nbands: {allow: 0, blok: 80}",
            "rules.yml:2 unknown 'blok'; did you mean 'block'?",
        ),
    ],
)
def test_a_rule_that_could_not_run_is_refused(old, new, message):
    assert message in refusal(RULES.replace(old, new))
