"""A pack is loaded whole, or every mistake in it is named with file, line and what to write instead."""

import pytest

from tests.small_pack import CASES, CONTRACT, FEATURES, FILES, REFERENCE, RULES, small_pack
from weir.pack import PackError, domains, load_pack, pack_from_files, with_rules


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small").mkdir()
    for name, text in FILES.items():
        (tmp_path / "small" / name).write_text(text)
    return tmp_path


def mistakes(**texts):
    with pytest.raises(PackError) as refused:
        small_pack(**texts)
    return str(refused.value).splitlines()


def test_a_folder_becomes_a_pack(folder):
    pack = load_pack("small", folder)
    assert domains(folder) == ["small"]
    assert [feature.name for feature in pack.features] == [
        "user_payments_5m",
        "user_amount_24h",
        "is_first_currency",
    ]
    assert [(case.rule, case.fires, case.place) for case in pack.cases[:2]] == [
        ("burst", True, f"{folder}/small/cases.yml:1"),
        ("burst", False, f"{folder}/small/cases.yml:1"),
    ]


def test_rules_may_use_event_enrichment_and_feature_columns():
    assert small_pack().columns == {
        "event_id": "string",
        "event_type": "string",
        "occurred_at": "timestamp",
        "user_id": "string",
        "amount": "decimal(20,4)",
        "amount_minor": "bigint",
        "currency": "string",
        "value": "decimal(38,0)",
        "speed": "double",
        "trusted": "boolean",
        "metadata": "map<string,string>",
        "is_listed": "boolean",
        "user_payments_5m": "bigint",
        "user_amount_24h": "bigint",
        "is_first_currency": "boolean",
    }


def test_a_pack_is_the_same_when_read_again_from_its_files():
    pack = small_pack()
    assert pack_from_files(pack.files) == pack
    assert pack_from_files(pack.files).hash == pack.hash


@pytest.mark.parametrize(
    "texts",
    [
        {"rules": RULES.replace("when: user_payments_5m >= 8", 'when: "user_payments_5m   >= 8"')},
        {"rules": RULES.replace("points: 40", "points:   40   # enough")},
        {"rules": RULES.replace("    points: 40", "    description: why\n    points: 40")},
        {"rules": RULES + "bands: {allow: 0, verify: 31, challenge: 61, block: 86}\n"},
        {"contract": CONTRACT.replace("domain: small", "description: all\ndomain: small")},
        {"features": FEATURES.replace("window: 24h", "window: 1d")},
        {"cases": CASES.replace("{}", "{speed: 1}")},
    ],
    ids=["spaces", "comment", "description", "default", "order", "unit", "cases"],
)
def test_a_hash_is_of_the_meaning_and_not_of_the_layout(texts):
    pack = small_pack()
    assert (small_pack(**texts).hash, small_pack(**texts).ruleset.name) == (pack.hash, pack.ruleset.name)


@pytest.mark.parametrize(
    "texts",
    [
        {"rules": RULES.replace(">= 8", ">= 7")},
        {"rules": RULES.replace("points: 40", "points: 41")},
        {"rules": RULES.replace("in 5 minutes", "in five minutes")},
        {"rules": RULES + "bands: {allow: 0, verify: 30, challenge: 61, block: 86}\n"},
        {"features": FEATURES.replace("window: 5m", "window: 6m")},
        {"contract": CONTRACT.replace("maximum: 1000000}", "maximum: 1000001}")},
        {"reference": REFERENCE.replace("bad_users", "worse_users")},
    ],
    ids=["when", "points", "text", "bands", "window", "maximum", "list"],
)
def test_a_hash_changes_with_what_decides(texts):
    assert small_pack(**texts).hash != small_pack().hash


def test_a_candidate_ruleset_replaces_the_rules_and_keeps_the_cases_it_can():
    candidate = RULES.replace("version: 3", "version: 4").split("  - name: fast")[0]
    pack = with_rules(small_pack(), candidate, "candidate.yml")
    assert pack.ruleset.name.startswith("small@4#")
    assert {case.rule for case in pack.cases} == {"burst"}
    with pytest.raises(PackError, match=r"candidate.yml:4 unknown column 'user_payment_5m'; did you mean"):
        with_rules(
            small_pack(), candidate.replace("user_payments_5m >", "user_payment_5m >"), "candidate.yml"
        )


def test_all_mistakes_of_a_pack_are_told_at_once():
    found = mistakes(
        features=FEATURES.replace("kind: sum", "kind: summ"),
        rules=RULES.replace("points: 40", "points: 140").replace("speed > 2", "sped > 2"),
        cases=CASES.replace("user_payments_5m: 7", "user_payments: 7"),
    )
    assert [line.split(" ")[0] for line in found] == [
        "cases.yml:1",
        "features.yml:2",
        "features.yml:2",
        "rules.yml:5",
        "rules.yml:8",
    ]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            {"rules": RULES.replace("points: 40", "point: 40")},
            "rules.yml:5 unknown key 'point'; did you mean 'points'?",
        ),
        (
            {"rules": RULES.replace("points: 40", "point: 40")},
            "rules.yml:3 'points' is missing; write 'points: ...'",
        ),
        ({"rules": RULES + "  - text: [\n"}, "rules.yml:12 not YAML: "),
        (
            {"rules": RULES.replace("    points: 40", "\tpoints: 40")},
            "rules.yml:5 not YAML: found character '\\t'",
        ),
        ({"rules": ""}, "rules.yml:1 the file is empty"),
        ({"rules": "- a\n"}, "rules.yml:1 a list should be a mapping"),
        (
            {"rules": RULES + "version: 4\n"},
            "rules.yml:11 'version' is written twice, first in line 1; keep one",
        ),
        ({"features": "a: 1\n"}, "features.yml:1 a mapping should be a list: write '- ' before each entry"),
        (
            {"features": FEATURES.replace("is_first_currency", "user_id")},
            "features.yml:3 'user_id' is a column already, of contract.yml; choose another name",
        ),
        (
            {"features": FEATURES.replace("is_first_currency", "is_listed")},
            "features.yml:3 'is_listed' is a column already, of reference.yml; choose another name",
        ),
        (
            {"features": FEATURES.replace("is_first_currency", "score")},
            "features.yml:3 'score' is a column already, of every table; choose another name",
        ),
        (
            {"features": FEATURES.replace("is_first_currency", "user_payments_5m")},
            "features.yml:3 'user_payments_5m' is a column already, of features.yml; choose another name",
        ),
        (
            {"reference": REFERENCE.replace("column: user_id", "column: amount")},
            "reference.yml:1 the contract has no text column 'amount'; write one of event_id, ",
        ),
        (
            {"reference": REFERENCE.replace("is_listed", "isListed")},
            "reference.yml:1 'isListed' is not snake_case",
        ),
        (
            {"cases": CASES.splitlines()[0]},
            "cases.yml:1 rule 'fast' has no cases; write 'fast: {fires: [{...}], holds",
        ),
        ({"cases": CASES.replace(", holds: [{user_payments_5m: 7}]", "")}, "cases.yml:1 'holds' is missing"),
        (
            {"cases": CASES.replace("holds: [{user_payments_5m: 7}]", "holds: []")},
            "cases.yml:1 burst needs a case here",
        ),
        (
            {"cases": CASES + "brst: {fires: [{}], holds: [{}]}\n"},
            "cases.yml:3 no rule is named 'brst'; did you mean 'burst'?",
        ),
        (
            {"cases": CASES.replace("{speed: 2}", "{sped: 2}")},
            "cases.yml:2 case of fast: unknown column 'sped'; did you mean 'speed'?",
        ),
        (
            {"cases": CASES.replace("{speed: 2}", "{speed: quick}")},
            "cases.yml:2 speed is double, and 'quick' is none",
        ),
        (
            {"cases": CASES.replace("{speed: 2}", "{currency: NO}")},
            'cases.yml:2 NO should be text; write "NO" in quotes',
        ),
        (
            {"cases": CASES.replace("{speed: 2}", "{amount: 1.23456}")},
            "cases.yml:2 amount is decimal(20,4), and",
        ),
        (
            {"cases": CASES.replace("{speed: 2}", "{event_type: paymnt}")},
            "cases.yml:2 event_type is never 'paymnt'; did you mean 'payment'?",
        ),
        ({"contract": CONTRACT.replace("type: number", "type: numbre")}, "contract.yml:10 unknown 'numbre'"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_mend(texts, message):
    assert [line for line in mistakes(**texts) if line.startswith(message)], mistakes(**texts)


@pytest.mark.parametrize(
    ("name", "written", "emptied", "message"),
    [
        ("rules", "when: speed > 2", 'when: ""', "rules.yml:8 'when' is empty; write an expression"),
        ("rules", "when: speed > 2", "when:", "rules.yml:8 'when' is empty; write an expression"),
        ("rules", '"{amount} {currency} at {speed}"', '" "', "rules.yml:10 'text' is empty; write its text"),
        ("rules", "10 * speed", '""', "rules.yml:9 'expression' is empty; write an expression"),
        ("rules", "name: fast", 'name: ""', "rules.yml:7 'name' is empty; write a name in snake_case"),
        ("features", "event_type = 'payment'", '""', "features.yml:1 'where' is empty; write an expression"),
        ("features", "[user_id, currency]", '[user_id, ""]', "features.yml:2 'key' is empty; write its text"),
        ("features", "kind: sum", 'kind: ""', "features.yml:2 'kind' is empty; write one of count, sum, "),
        ("contract", "{type: number}", '{type: ""}', "contract.yml:10 'type' is empty; write one of id, "),
        ("contract", "speed: {", '"": {', "contract.yml:10 a key is empty; write a name before the colon"),
        (
            "contract",
            "[payment, login]",
            '[payment, login, ""]',
            "contract.yml:4 'values' is empty; write its",
        ),
        ("reference", "column: user_id", 'column: ""', "reference.yml:1 'column' is empty; write its text"),
        ("reference", "bad_users", '""', "reference.yml:1 'list' is empty; write a name in snake_case"),
    ],
)
def test_an_empty_text_is_no_value(name, written, emptied, message):
    assert FILES[f"{name}.yml"].count(written) == 1
    found = mistakes(**{name: FILES[f"{name}.yml"].replace(written, emptied)})
    assert [line for line in found if line.startswith(message)], found


def test_a_description_and_a_cases_value_may_be_empty():
    described = RULES.replace("    points: 40", '    description: ""\n    points: 40')
    cases = CASES.replace("{speed: 2}", '{speed: 2, user_id: "", metadata: {k: ""}}')
    pack = small_pack(rules=described, cases=cases)
    assert pack.cases[3].values == {"speed": 2.0, "user_id": "", "metadata": {"k": ""}}


def test_a_file_that_is_missing_or_no_text_is_named(folder):
    (folder / "small" / "rules.yml").unlink()
    with pytest.raises(PackError, match=r"small/rules.yml:1 is missing"):
        load_pack("small", folder)
    (folder / "small" / "rules.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackError, match=r"small/rules.yml:1 is not UTF-8 at byte 0"):
        load_pack("small", folder)


def test_a_pack_that_is_not_there_is_guessed(folder):
    with pytest.raises(
        PackError, match=r"smal/contract.yml:1 is missing: no pack 'smal'; did you mean 'small'\?"
    ):
        load_pack("smal", folder)


def test_a_pack_is_named_as_its_folder(folder):
    (folder / "small").rename(folder / "tiny")
    with pytest.raises(
        PackError, match=r"tiny/contract.yml:1 domain is 'small'; write 'tiny', as its folder"
    ):
        load_pack("tiny", folder)


def test_features_and_lists_are_optional():
    files = {name: FILES[name] for name in ("contract.yml", "rules.yml", "cases.yml")}
    files["rules.yml"], files["cases.yml"] = "version: 1\nrules: []\n", "{}\n"
    pack = pack_from_files(files)
    assert (pack.features, pack.enrichments, pack.ruleset.rules) == ((), (), ())
