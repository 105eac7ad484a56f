"""Who may import whom (the house rules), read from the source files."""

import ast
from pathlib import Path

import pytest

from include.settings import PROJECT_DIR

FOLDERS = ("dags", "include", "expectations")
FILES = sorted(path for folder in FOLDERS for path in (PROJECT_DIR / folder).rglob("*.py"))
DAG_FILES = [path for path in FILES if path.is_relative_to(PROJECT_DIR / "dags")]
OURS = {"include", "expectations", "dags", "tests", "bench"}
ALLOWED = {
    "dags": {"include", "expectations"},
    "include": {"include"},
    "include/quality": {"include", "expectations"},
    "expectations": {"expectations"},
}
# Who is the only one to talk to these.
KEEPERS = {
    "great_expectations": {"include/quality", "expectations"},
    "dbt": {"include/transform"},
    "airflow": {"dags"},
    "superset": {"include/dashboard"},
}


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


def room(path: Path) -> str:
    """A room such as ``include/quality`` where that has rules of its own, else the top folder."""
    parts = path.relative_to(PROJECT_DIR).parts
    keepers = {keeper for rooms in KEEPERS.values() for keeper in rooms}
    return "/".join(parts[:2]) if "/".join(parts[:2]) in {*ALLOWED, *keepers} else parts[0]


def name(path: Path) -> str:
    return path.relative_to(PROJECT_DIR).as_posix()


def test_there_are_files_to_check():
    assert {path.relative_to(PROJECT_DIR).parts[0] for path in FILES} == set(FOLDERS)
    assert len(DAG_FILES) == 4


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_go_one_way(path: Path):
    tops = {module.split(".")[0] for module in imports(path)}
    allowed = ALLOWED.get(room(path), ALLOWED["include"])
    assert tops & OURS <= allowed


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_system_has_one_keeper(path: Path):
    tops = {module.split(".")[0] for module in imports(path)}
    for system, keepers in KEEPERS.items():
        assert system not in tops or room(path) in keepers, f"{name(path)} imports {system}"


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
