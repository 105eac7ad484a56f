"""Who may import whom: import-linter's contracts of pyproject.toml, and what holds for DAG files."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from include.settings import PROJECT_DIR

DAG_FILES = sorted((PROJECT_DIR / "dags").glob("*.py"))
OURS = {"include", "expectations", "dags", "tests", "bench"}


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Names of the modules that a file imports; with ``top_level`` only those not inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = _outside_functions(tree) if top_level else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def _outside_functions(node: ast.AST) -> list[ast.AST]:
    nodes: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes += [child, *_outside_functions(child)]
    return nodes


def name(path: Path) -> str:
    return path.relative_to(PROJECT_DIR).as_posix()


def test_imports_go_one_way():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_is_loose_in_include():
    loose = {path.name for path in (PROJECT_DIR / "include").iterdir() if path.is_file()}
    assert loose == {"__init__.py", "settings.py", "errors.py"}


def test_there_are_dags_to_check():
    assert len(DAG_FILES) == 4


@pytest.mark.parametrize("path", DAG_FILES, ids=name)
def test_a_dag_file_imports_include_and_expectations_only(path: Path):
    tops = {module.split(".")[0] for module in imports(path)}
    assert tops & OURS <= {"include", "expectations"}
    assert not tops & {"great_expectations", "dbt", "superset"}


@pytest.mark.parametrize("path", DAG_FILES, ids=name)
def test_a_dag_file_imports_no_other(path: Path):
    others = {other.stem for other in DAG_FILES}
    assert not {module.split(".")[-1] for module in imports(path)} & others


@pytest.mark.parametrize("path", DAG_FILES, ids=name)
def test_dag_files_import_only_what_is_light(path: Path):
    allowed = {"include.errors", "include.settings", "include.sources.contract"}
    assert {
        module for module in imports(path, top_level=True) if module.split(".")[0] == "include"
    } <= allowed
