"""Print the results of the demo as tables, and where to look next."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from include.bulletin import files
from include.demo.checks import Check, percent
from include.demo.figures import Figures, Row
from include.local import airflow
from include.settings import Settings

_EXAMPLE = (
    "select month, domestic_share from marts.dual_circulation where product_group = 'denim' order by month"
)
_COUNTS = ("rows_in", "accepted", "unchanged", "quarantined")


def print_results(found: Figures, checks: list[Check]) -> None:
    """Print the loads, the release, the figures and the checks."""
    console = _console()
    console.print(_history(found), _last_day(found), _quarantine(found), _release(found))
    console.print(_denim(found), _white_cloth(found), _checks(checks))


def print_next_steps(settings: Settings, *, was_running: bool) -> None:
    """Print addresses and files to look at; of passwords only their files."""
    console = _console()
    console.print("\n[bold]What to look at next[/]")
    if not was_running:
        console.print("  The demo leaves nothing running: [bold]make up[/] starts everything again. Then:")
    lines = {
        "Airflow": f"{airflow.url(settings)}, user {airflow.ADMIN_USER}, "
        f"password in {airflow.passwords_file(settings)}",
        "bulletin": f"{files.current_page(settings)}, opened by double click, also when nothing runs",
        "Data Docs": f"{settings.home / 'data_docs'}, a folder per validation: open its report.html",
        "refused files": f"{settings.home / 'archive'}/<source>/refused, each with its reason",
        "releases": ".venv/bin/textile releases",
        "SQL": f'.venv/bin/textile sql "{_EXAMPLE}"',
    }
    for what, where in lines.items():
        console.print(f"  {what:14}{escape(where)}", highlight=False, soft_wrap=True)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=140)


def _history(found: Figures) -> Table:
    table = _table("Loads of the history, 2018-01 to 2020-09", "source", "files", *_COUNTS, "refused")
    for source in dict.fromkeys(load["source"] for load in found.history):
        loads = [load for load in found.history if load["source"] == source]
        refused = sum(load["status"] == "refused" for load in loads)
        counts = [sum(load[name] for load in loads) for name in _COUNTS]
        table.add_row(source, str(len(loads)), *(f"{n:,}" for n in counts), str(refused))
    return table


def _last_day(found: Figures) -> Table:
    table = _table("Loads of the last day", "source", "file", "status", *_COUNTS)
    for load in found.last_day:
        colour = {"refused": "bold red"}.get(load["status"], "yellow" if load["quarantined"] else "green")
        table.add_row(
            load["source"],
            escape(load["file_name"]),
            f"[{colour}]{load['status']}[/]",
            *(f"{load[name]:,}" for name in _COUNTS),
        )
        if load["status"] == "refused":
            table.add_row("", f"[red]{escape(load['message'])}[/]")
    return table


def _quarantine(found: Figures) -> Table:
    table = _table("Rows in quarantine", "file", "line", "rule", "reason")
    for row in found.quarantine:
        reason = f"{row['reason_zh']} / {row['reason_en']}"
        rules = ", ".join(row["rule_codes"])
        table.add_row(escape(row["file_name"]), str(row["line_no"]), f"[yellow]{rules}[/]", escape(reason))
    return table


def _release(found: Figures) -> Table:
    return _from_rows(
        "Release that readers see",
        [found.release],
        ("release_id", "published_at", "data_cutoff", "loads", "code_version"),
    )


def _denim(found: Figures) -> Table:
    table = _table(
        "Denim: domestic and export sales by month, million CNY", "", "domestic", "export", "share"
    )
    for row in found.denim:
        table.add_row(
            f"{row['month']:%Y-%m}",
            _millions(row["domestic_value_cny"]),
            _millions(row["export_value_cny"]),
            f"[bold]{percent(row['domestic_share'])}[/] {'█' * round((row['domestic_share'] or 0) * 40)}",
        )
    return table


def _white_cloth(found: Figures) -> Table:
    title = "White cloth: September 2020 against September 2019, million CNY"
    table = _table(title, "basis", "market", "2019-09", "2020-09", "growth")
    for row in found.white_cloth:
        table.add_row(
            row["basis"],
            row["market_group"],
            _millions(row["base_value_cny"]),
            _millions(row["value_cny"]),
            f"[bold]{percent(row['growth_yoy'])}[/]",
        )
    return table


def _checks(checks: list[Check]) -> Table:
    table = _table("Checks", "what", "wanted", "found", "")
    for check in checks:
        verdict = "[green]ok[/]" if check.passed else "[bold red]FAILED[/]"
        table.add_row(*map(escape, (check.what, check.wanted, check.found)), verdict)
    return table


def _from_rows(title: str, rows: list[Row], columns: tuple[str, ...]) -> Table:
    table = _table(title, *columns)
    for row in rows:
        table.add_row(*(_plain(row[name]) for name in columns))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=f"[bold]{title}[/]", title_justify="left")
    for column in columns:
        numeric = column in (*_COUNTS, "files", "refused", "line", "domestic", "export", "growth")
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    return table


def _plain(value: Any) -> str:
    return escape(f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value))


def _millions(cny: Decimal) -> str:
    return f"{cny / 1_000_000:,.1f}"
