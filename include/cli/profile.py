"""``textile profile``: try a profile on a file, or propose one. Neither uses the warehouse."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from include.cli.console import Json, escape, print_result, print_rows, print_table
from include.settings import home_dir

if TYPE_CHECKING:
    from include.load.profile_check import Check

log = logging.getLogger(__name__)
app = typer.Typer(
    help="Profiles: how one mill's or portal's file maps to a contract.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def check(
    profile: Annotated[str, typer.Argument(metavar="PROFILE", help="A file, or a name in the project.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file to read with it.")],
    *,
    as_json: Json = False,
) -> None:
    """Show what a load of FILE would do: first rows before and after, columns, rule failures."""
    from include.load import profile_check
    from include.local import temporary

    mapping = profile_check.find_profile(profile)
    log.info("reading %s as %s, in a temporary warehouse", file, mapping.source)
    with temporary.warehouse(home_dir()) as settings:
        found = profile_check.check(settings, mapping, file)
    if not as_json:
        _show(found)
    print_result(asdict(found), as_json=as_json, printed=True)
    if found.result.status == "refused":
        raise typer.Exit(1)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that no profile reads yet.")],
    *,
    source: Annotated[str | None, typer.Option(help="The contract to map to; guessed by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the profile here instead of to the screen.")] = None,
    as_json: Json = False,
) -> None:
    """Propose a profile for FILE; guesses are marked, missing columns are named."""
    from include.sources import propose

    found = propose.propose(file, source, home_dir() / "unpacked" / "profile")
    if out:
        with out.open("x", encoding="utf-8") as target:
            target.write(found.text)
        log.info(
            "written to %s; look at what is marked with #, then: textile profile check %s %s", out, out, file
        )
    elif not as_json:
        typer.echo(found.text, nl=False)
    print_result(asdict(found), as_json=as_json, printed=True)


def _show(found: "Check") -> None:
    result = found.result
    if found.before:
        rows = [f"row {n}" for n in range(1, len(found.before) + 1)]
        delivered = Table("in the file", *rows, title="As delivered", title_justify="left")
        for header in ["place", *found.header]:
            mark = " [dim](unused)[/]" if header in found.unused else ""
            delivered.add_row(escape(header) + mark, *(_cell(row.get(header)) for row in found.before))
        print_table(delivered)
        typed = Table("column", "from", *rows, title="As the warehouse would have it", title_justify="left")
        for column, origin in found.columns.items():
            values = [_cell(row[column]) for row in found.after]
            typed.add_row(column, escape(origin) if origin else "[dim]nowhere[/]", *values)
        print_table(typed)
    for title, counts in (
        ("Skipped rows", result.skipped),
        ("Repaired values", result.repairs),
        ("Broken rules", found.rules),
    ):
        if counts:
            table = Table("what", "count", title=title, title_justify="left")
            for name, count in counts.items():
                table.add_row(escape(name), f"{count:,}")
            print_table(table)
    if found.examples:
        print_rows(found.examples)
    totals = f"{result.rows_in:,} rows: {result.accepted:,} accepted, {result.unchanged:,} unchanged, "
    verdict = result.message or f"{totals}{result.quarantined:,} to quarantine"
    typer.echo(f"A load would report: {result.status}: {verdict}")


def _cell(value: object) -> str:
    return "[dim]-[/]" if value is None else escape(str(value))
