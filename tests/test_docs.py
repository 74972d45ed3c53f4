"""The docs say what is true: commands, codes, links and packs are looked up, not trusted."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from orchestration.commands import app, manual
from weir import mapping, settings, tables
from weir.contract import SPARK_TYPES, load_contract
from weir.feature import KINDS
from weir.mapping import load_mapping
from weir.reason import markdown
from weir.sql_function import FUNCTIONS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LONGEST_README = 120


def _commands():
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return dict(root.commands)


def _blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readme_stays_short():
    assert len(README.splitlines()) <= LONGEST_README


def test_every_command_the_readme_names_is_there():
    named = set(re.findall(r"^weir (\w+)|`weir (\w+)|&& weir (\w+)", README, re.MULTILINE))
    assert {name for names in named for name in names if name} - set(_commands()) == set()


def test_every_command_says_what_it_does():
    assert [name for name, command in _commands().items() if not (command.help or "").strip()] == []


def test_every_make_target_the_readme_names_is_there():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert set(re.findall(r"make (\w+)", README)) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_reason_codes_are_the_ones_in_the_code():
    assert markdown() in (ROOT / "docs" / "reasons.md").read_text()


def test_the_settings_are_the_ones_in_the_code():
    assert settings.markdown() in (ROOT / "docs" / "settings.md").read_text()


def test_the_commands_are_the_ones_in_the_code():
    page = (ROOT / "docs" / "commands.md").read_text()
    assert page == manual.markdown(), (
        "write it with `python -m orchestration.commands.manual > docs/commands.md`"
    )


def test_the_page_on_packs_names_every_type_kind_and_function_and_no_other():
    page = (ROOT / "docs" / "packs.md").read_text()
    firsts = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    assert {name for first in firsts for name in re.findall(r"\w+", first)} == {*SPARK_TYPES, *KINDS}
    lists = re.findall(r"^\| [a-z, UTC]+ \| ((?:`\w+` ?)+)\|", page, re.MULTILINE)
    assert {name for row in lists for name in re.findall(r"\w+", row)} == {*FUNCTIONS}


def test_the_page_on_mappings_names_every_function_and_no_other():
    page = (ROOT / "docs" / "mappings.md").read_text()
    lists = re.findall(r"^\| [a-z ]+ \| ((?:`\w+` ?)+)\|", page, re.MULTILINE)
    assert {name for row in lists for name in re.findall(r"\w+", row)} == {*mapping.FUNCTIONS}


@pytest.mark.parametrize("page", ["README.md", "docs/mappings.md"])
def test_the_mappings_of_the_docs_are_accepted(page):
    (block,) = (block for block in _blocks("yaml", (ROOT / page).read_text()) if "format: csv" in block)
    contract = load_contract((ROOT / "domains/payments/contract.yml").read_text(), "contract.yml")
    assert load_mapping(block, "mine.yml", contract).format == "csv"


def test_the_readmes_rule_holds_what_it_promises(tmp_path):
    from weir.pack import load_pack
    from weir.score import run_cases

    (block,) = (block for block in _blocks("yaml") if "round_amounts" in block)
    rule, cases = block.split("# cases.yml\n")
    folder = tmp_path / "payments"
    folder.mkdir()
    for file in (ROOT / "domains" / "payments").glob("*.yml"):
        (folder / file.name).write_text(file.read_text())
    with (folder / "rules.yml").open("a") as rules, (folder / "cases.yml").open("a") as golden:
        rules.write("\n" + rule)
        golden.write("\n" + cases)
    pack = load_pack("payments", tmp_path)
    assert "round_amounts" in {one.name for one in pack.ruleset.rules}
    assert run_cases(pack) == []


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("raw/<domain>", tables.RAW),
        ("scored/<domain>", tables.DECISION),
        ("quarantine/<domain>", tables.QUARANTINE),
        ("labels/<domain>", tables.LABELS),
        ("mapping/<domain>", tables.MAPPING),
        ("reference/<list>", tables.REFERENCE),
        *((f"quality/{name}", columns) for name, columns in tables.QUALITY.items()),
    ],
)
def test_the_page_on_tables_names_every_column_and_no_other(heading, columns):
    page = (ROOT / "docs" / "tables.md").read_text()
    (section,) = (part for part in page.split("\n## ") if part.startswith(f"`{heading}`"))
    table = section.split("| `source` | `partition` | `position` |")[0]
    firsts = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, re.MULTILINE)
    assert sorted(name for first in firsts for name in re.findall(r"\w+", first)) == sorted(columns)


def test_every_directory_of_the_layout_is_there():
    rows = re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE)
    assert [name for name in rows if not (ROOT / name).is_dir()] == []
