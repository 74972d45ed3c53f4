"""The layout is the picture: who may import whom, and how long a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("weir", "domains", "spark_jobs", "data_quality", "dbt_project", "orchestration", "dashboards")
SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))

MAY_IMPORT = {
    "weir": {"weir"},
    "domains": {"weir", "domains"},
    "spark_jobs": {"weir", "spark_jobs"},
    "data_quality": {"weir", "data_quality"},
    "dbt_project": {"weir", "dbt_project"},
    "dashboards": {"weir", "dashboards"},
    "orchestration": set(LAYERS),
}
ONLY_IN = {
    "dagster": {"orchestration"},
    "dagster_dbt": {"orchestration"},
    "streamlit": {"dashboards"},
    "delta": {"spark_jobs"},
}
BANNED_NAMES = {"utils", "util", "helpers", "common", "manager", "base"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_layer_imports_only_the_layers_it_may(path):
    crossed = {name for name in _imports(path) if name in LAYERS} - MAY_IMPORT[_layer(path)]
    assert not crossed, f"{_name(path)} imports {crossed}: move that code to weir/ or to orchestration/"


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_framework_stays_in_its_layer(path):
    strayed = {name for name in _imports(path) if _layer(path) not in ONLY_IN.get(name, {_layer(path)})}
    assert not strayed, f"{_name(path)} imports {strayed}, which belongs to {[ONLY_IN[n] for n in strayed]}"


def test_the_core_needs_no_spark():
    importers = [
        _name(path) for path in SOURCES if _layer(path) in {"weir", "domains"} and "pyspark" in _imports(path)
    ]
    assert importers == []


def test_modules_and_functions_stay_short():
    long = [_name(path) for path in SOURCES if len(path.read_text().splitlines()) > LONGEST_MODULE]
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{_name(path)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_no_module_is_named_for_nothing():
    assert [_name(path) for path in SOURCES if path.stem in BANNED_NAMES] == []
