"""The report of a validation: every rule with its result, readable without a network.

Great Expectations' own index page needs scripts from the internet and is empty without them. Its validation
pages are plain HTML; the report links to them.
"""

import re
import shutil
from pathlib import Path

from jinja2 import Environment

from include.quality.results import RuleResult

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Validation {{ name }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
.failed td { background: #fdecea }
.warned td { background: #fff8e1 }
code { font-size: 90% }
</style></head><body>
<h1>Validation {{ name }}</h1>
<p>{{ results | length }} rules, {{ results | rejectattr("success") | list | length }} not satisfied.
Data Docs of Great Expectations:
{% for label, url in pages %}<a href="{{ url }}">{{ label }}</a>{{ " · " if not loop.last }}{% endfor %}</p>
<table><thead><tr><th>verdict</th><th>rule</th><th>suite</th><th>on failure</th><th>failing rows</th>
<th>规则</th><th>meaning of a failure</th></tr></thead><tbody>
{% for r in results | sort(attribute="success") %}
<tr class="{{ "" if r.success else "warned" if r.level == "warning" else "failed" }}">
<td>{{ "passed" if r.success else "failed" }}</td><td><code>{{ r.rule }}</code></td><td>{{ r.suite }}</td>
<td>{{ effects[r.level] }}</td><td>{{ "" if r.unexpected_count is none else r.unexpected_count }}</td>
<td>{{ r.zh }}</td><td>{{ r.en }}</td></tr>
{% endfor %}
</tbody></table></body></html>
"""
_EFFECTS = {
    "row": "row to quarantine",
    "file": "file refused",
    "release": "release refused",
    "drift": "release refused, unless accepted with a reason",
    "warning": "recorded",
}
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
_ADDRESS = r"(?:https?:)?//"
# An attribute or a style with an external address, in any quotes.
_EXTERNAL = re.compile(
    rf"""\s(?:href|src|srcset|action|formaction|poster|data|background)\s*=\s*
    (?:"\s*{_ADDRESS}[^"]*"|'\s*{_ADDRESS}[^']*'|{_ADDRESS}[^\s>]+)
    |url\(\s*["']?{_ADDRESS}[^)]*\)""",
    re.IGNORECASE | re.VERBOSE,
)


def write(folder: Path, name: str, results: list[RuleResult], pages: list[tuple[str, str]]) -> Path:
    """Write ``report.html`` into a validation's folder; ``pages``: (label, relative address) of Data Docs."""
    template = Environment(autoescape=True).from_string(_PAGE)
    page = folder / "report.html"
    page.write_text(
        template.render(name=name, results=results, pages=pages, effects=_EFFECTS), encoding="utf-8"
    )
    return page


def remove_external(folder: Path) -> None:
    """Remove external links from a validation's pages, and forbid scripts in them by a policy.

    Great Expectations does not escape the cells of files that it shows, so a cell could hold a script.
    """
    policy = "default-src 'none'; img-src file: data:; style-src file: 'unsafe-inline'; font-src file:"
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'
    for page in folder.rglob("*.html"):
        text = _EXTERNAL.sub("", _SCRIPT.sub("", page.read_text(encoding="utf-8")))
        page.write_text(text.replace("<head>", head, 1), encoding="utf-8")


def share_static(folder: Path) -> None:
    """Keep one copy of the fonts and images (4 MB) for all validations."""
    own, shared = folder / "static", folder.parent.parent / "static"
    if own.is_symlink() or not own.is_dir():
        return
    try:
        own.rename(shared)
    except OSError:  # another validation has moved its copy already
        shutil.rmtree(own)
    own.symlink_to(Path("..", "..", "static"))
