"""Write a page for each mart, from the dbt project: ``python -m include.transform.mart_pages``."""

import csv
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import Any

from include.errors import BuildError
from include.settings import PROJECT_DIR
from include.transform.dbt import DBT_PROJECT, environment

MART_PAGES = PROJECT_DIR / "docs" / "marts"
METRICS = DBT_PROJECT / "seeds" / "metrics.csv"
# Parsing reads the profile but does not connect.
_NO_DATABASE = {
    "TEXTILE_PG_HOST": "127.0.0.1",
    "TEXTILE_PG_PORT": "1",
    "TEXTILE_PG_DATABASE": "none",
    "DBT_ENV_SECRET_TRANSFORMER_PASSWORD": "none",
}


def parse_project() -> dict[str, Any]:
    """The project's nodes, sources and exposures by unique id. BuildError when dbt cannot read it."""
    manifest = parse_manifest()
    return {**manifest["nodes"], **manifest["sources"], **manifest["exposures"]}


def parse_manifest() -> dict[str, Any]:
    """dbt's manifest of the project as it is now. Raises BuildError when dbt cannot read it."""
    from dbt.cli.main import dbtRunner  # takes a second to import

    with tempfile.TemporaryDirectory() as scratch, environment(_NO_DATABASE):
        folders = ("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT))
        output = ("--target-path", scratch, "--log-path", scratch, "--log-level", "none")
        outcome = dbtRunner().invoke(["parse", *folders, *output, "--no-send-anonymous-usage-stats"])
        if not outcome.success:
            raise BuildError(f"dbt could not read the project: {outcome.exception}") from outcome.exception
        manifest: dict[str, Any] = outcome.result.to_dict()
    return manifest


def list_marts(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """The marts among the nodes, in name order."""
    marts = (
        node for node in nodes.values() if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    )
    return sorted(marts, key=lambda node: str(node["name"]))


def read_metrics(mart: str) -> dict[str, dict[str, str]]:
    """Column -> its row of the seed ``metrics`` for this mart; figures only."""
    with METRICS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["mart"] in ("", mart)]
    # A row for this mart replaces the one for all marts.
    return {row["metric"]: row for row in sorted(rows, key=itemgetter("mart"))}


def upstream(node: dict[str, Any], nodes: dict[str, Any]) -> list[str]:
    """Names of all seeds, models and sources that a node is made of."""
    found: set[str] = set()
    waiting = list(node["depends_on"]["nodes"])
    while waiting:
        parent = nodes[waiting.pop()]
        source = parent["resource_type"] == "source"
        name = f"{parent['source_name']}.{parent['name']} (source)" if source else f"{parent['name']}"
        if name not in found:
            found.add(name)
            waiting += parent.get("depends_on", {}).get("nodes", [])
    return sorted(found)


def mart_pages(nodes: dict[str, Any]) -> dict[str, str]:
    """File name -> Markdown: a page for each mart, and the index."""
    marts = list_marts(nodes)
    rows = [
        f"| [{mart['name']}]({mart['name']}.md) | {_cell(mart['config']['meta'].get('question', ''))} |"
        for mart in marts
    ]
    written = "Written from the dbt project by `make docs`; do not edit."
    index = ["# The marts", "", written, "", "| mart | answers |", "|---|---|", *rows, ""]
    return {"README.md": "\n".join(index), **{f"{mart['name']}.md": _page(mart, nodes) for mart in marts}}


def _page(mart: dict[str, Any], nodes: dict[str, Any]) -> str:
    meta = mart["config"]["meta"]
    lines = [f"# {mart['name']}", "", " ".join(mart["description"].split()), ""]
    if meta.get("restricted"):
        lines += ["Restricted: single respondents can be identified; not for publication.", ""]
    for title, key in (("Question", "question"), ("Formula", "formula"), ("Source", "formula_source")):
        if key in meta:
            lines += [f"{title}: {' '.join(meta[key].split())}", ""]
    if "example" in meta:
        lines += ["## Example", "", "```sql", meta["example"].strip(), "```", ""]
    if "caveats" in meta:
        lines += ["## Caveats", "", *(f"- {' '.join(caveat.split())}" for caveat in meta["caveats"]), ""]
    metrics = read_metrics(mart["name"])
    lines += ["## Columns", "", "| column | name | type | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {column['name']} | {_name(metrics.get(column['name']))} | {column['data_type']}"
        f" | {_cell(column['description'])} |"
        for column in mart["columns"].values()
    ]
    lines += ["", "## Built from", "", *(f"- {name}" for name in upstream(mart, nodes)), ""]
    return "\n".join(lines)


def _name(metric: dict[str, str] | None) -> str:
    return f"{metric['name_zh']} / {metric['name_en']}" if metric else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def write_pages(folder: Path = MART_PAGES) -> list[Path]:
    """Write the pages that changed and remove those of removed marts; returns all."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = mart_pages(parse_project())
    for stale in folder.glob("*.md"):
        if stale.name not in pages:
            stale.unlink()
    for name, text in pages.items():
        page = folder / name
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


if __name__ == "__main__":
    print(f"{len(write_pages())} pages in {MART_PAGES.relative_to(PROJECT_DIR)}")
