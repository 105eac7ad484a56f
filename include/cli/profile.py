"""``textile profile``: try a profile on a file, or propose one for it. Neither touches the warehouse."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from include.cli.console import Json, plain, print_rows, show, show_result
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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that it shall read.")],
    *,
    as_json: Json = False,
) -> None:
    """Show what a load of FILE would do: first rows before and after, columns, rule failures."""
    from include.load import profile_check
    from include.local import throwaway

    mapping = profile_check.find_profile(profile)
    log.info("reading %s as %s, in a warehouse that is thrown away afterwards", file, mapping.source)
    with throwaway.warehouse(home_dir()) as settings:
        found = profile_check.check(settings, mapping, file)
    if not as_json:
        _show(found)
    show_result(asdict(found), as_json=as_json, shown=True)
    if found.result.status == "refused":
        raise typer.Exit(1)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that no profile reads yet.")],
    *,
    source: Annotated[str | None, typer.Option(help="The contract it shall map to; guessed without.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the profile here instead of to the screen.")] = None,
    as_json: Json = False,
) -> None:
    """Propose a profile for FILE; what was guessed is marked, what is missing is named."""
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
    show_result(asdict(found), as_json=as_json, shown=True)


def _show(found: "Check") -> None:
    said = found.result
    if found.before:
        rows = [f"row {n}" for n in range(1, len(found.before) + 1)]
        delivered = Table("in the file", *rows, title="As delivered", title_justify="left")
        for header in ["place", *found.header]:
            mark = " [dim](unused)[/]" if header in found.unused else ""
            delivered.add_row(plain(header) + mark, *(_shown(row.get(header)) for row in found.before))
        show(delivered)
        typed = Table("column", "from", *rows, title="As the warehouse would have it", title_justify="left")
        for column, origin in found.columns.items():
            values = [_shown(row[column]) for row in found.after]
            typed.add_row(column, plain(origin) if origin else "[dim]nowhere[/]", *values)
        show(typed)
    for title, counts in (
        ("Skipped rows", said.skipped),
        ("Repaired values", said.repairs),
        ("Broken rules", found.rules),
    ):
        if counts:
            table = Table("what", "count", title=title, title_justify="left")
            for name, count in counts.items():
                table.add_row(plain(name), f"{count:,}")
            show(table)
    if found.examples:
        print_rows(found.examples)
    counts_said = f"{said.rows_in:,} rows: {said.accepted:,} accepted, {said.unchanged:,} unchanged, "
    verdict = said.message or f"{counts_said}{said.quarantined:,} to quarantine"
    typer.echo(f"A load would say: {said.status}: {verdict}")


def _shown(value: object) -> str:
    return "[dim]-[/]" if value is None else plain(str(value))
