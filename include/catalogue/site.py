"""Write the catalogue: an index with a search over all columns, a page per mart, guides, dbt's own page.

It is written below ``<home>/docs`` and opens without a server or a network.
"""

import base64
import hashlib
import json
import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.catalogue import guides, validations
from include.catalogue.entries import entries, exposures, metrics
from include.settings import Settings
from include.transform import dbt_docs

_TEMPLATES = Path(__file__).parent / "templates"
# dbt's page contains its own scripts: they may run, but fetch nothing.
_DBT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data:; font-src data:"
)


def write(settings: Settings) -> Path:
    """Write every page; returns the index. Raises the errors of ``dbt_docs.generate``."""
    scratch = dbt_docs.generate(settings)
    manifest = json.loads((scratch / "manifest.json").read_text(encoding="utf-8"))
    folder = settings.home / "docs"
    shutil.rmtree(folder, ignore_errors=True)  # pages of removed marts
    templates = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)

    def put(page: str, template: str, **values: object) -> Path:
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = {"root": "../" * page.count("/"), "script_source": "'none'"}
        path.write_text(templates.get_template(template).render(frame | values), encoding="utf-8")
        return path

    marts = entries(manifest)
    for mart in marts:
        put(f"marts/{mart.name}.html", "mart.html", mart=mart)
    for guide, title in guides.GUIDES.items():
        put(guides.address(guide), "guide.html", title=title, body=guides.page(guide))
    _write_dbt_page(scratch / "static_index.html", folder / "dbt" / "index.html")
    script = (_TEMPLATES / "search.js").read_text(encoding="utf-8")
    return put(
        "index.html",
        "index.html",
        marts=marts,
        metrics=metrics(manifest),
        exposures=exposures(manifest),
        guides=guides.GUIDES,
        guide_address=guides.address,
        validations=validations.newest(settings.home),
        has_bulletin=(settings.home / "bulletin" / "index.html").is_file(),
        script=script,
        script_source=f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'",
    )


def _write_dbt_page(page: Path, to: Path) -> None:
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{_DBT_POLICY}">'
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(page.read_text(encoding="utf-8").replace("<head>", head, 1), encoding="utf-8")
