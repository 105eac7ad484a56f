"""Commands about files: generate, load, list loads and rejected rows."""

import logging
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from include.cli.console import Json, add_colour, escape, print_result, print_rows, print_table
from include.errors import UsageError
from include.settings import load_settings

log = logging.getLogger(__name__)
app = typer.Typer()


@app.command()
def generate(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write to; it can be a landing folder.")],
    months: Annotated[int, typer.Option(min=1, help="Months of history, ending with September 2020.")] = 36,
    enterprises: Annotated[int, typer.Option(min=10, help="Number of mills.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    scale: Annotated[float, typer.Option(min=0.01, help="Multiplies the number of rows.")] = 1,
    as_json: Json = False,
) -> None:
    """Write a synthetic cluster's files in the real formats."""
    from include.demo import synthetic

    result = synthetic.generate(out, months=months, enterprises=enterprises, seed=seed, scale=scale)
    print_result(_jsonable(result), as_json=as_json)


@app.command()
def load(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="enterprise_orders, customs_exports or customs_statistics"),
    ],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files, in the order of delivery.")],
    *,
    profile: Annotated[str | None, typer.Option(help="How these files map to the contract.")] = None,
    as_json: Json = False,
) -> None:
    """Load files through the gate. A refused file makes the exit code 1; the others are loaded.

    A path that does not exist makes it 2, and nothing is loaded.
    """
    from include.load import loading
    from include.load.drop_folder import exists

    for path in paths:
        if not exists(path):
            raise UsageError(f"{path}: no such file; nothing was loaded")
        if path.is_dir():
            raise UsageError(f"{path} is a folder; name the files in it. Nothing was loaded")
    results = loading.load_files(load_settings(), source, paths, profile)
    if not as_json:
        table = Table("load", "file", "status", "rows in", "accepted", "unchanged", "quarantined", "rules")
        for r in results:
            table.add_row(
                str(r.load_id or ""),
                escape(r.file),
                add_colour(r.status),
                *(f"{n:,}" for n in (r.rows_in, r.accepted, r.unchanged, r.quarantined)),
                ", ".join(r.failed_rules),
            )
        print_table(table)
    print_result({"files": [asdict(r) for r in results]}, as_json=as_json, printed=True)
    if any(r.status == "refused" for r in results):
        raise typer.Exit(1)


@app.command()
def loads(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List the loads, newest first, with status and message."""
    from include.load import load_log

    found = load_log.newest(load_settings(), limit)
    if not as_json:
        print_rows(found)
    print_result({"loads": found}, as_json=as_json, printed=True)


@app.command()
def quarantine(
    *,
    load: Annotated[int | None, typer.Option(help="Only this load's rows, also of a refused one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write an .xlsx file for the sender, or a .csv.")] = None,
    as_json: Json = False,
) -> None:
    """Show every rejected row with its reasons, and which delivery resolved it."""
    from include.load import rejected_rows, sender_sheet

    settings = load_settings()
    rows = rejected_rows.rows(settings, load)
    if load and (refusal := rejected_rows.refusal(settings, load)):
        log.info(refusal)
    if out:
        count = sender_sheet.write(rows, out)
        log.info("%s rows written to %s", count, out)
        print_result({"rows": count}, as_json=as_json, printed=True)
        return
    found = list(rows)
    if not as_json:
        print_rows([{name: row[name] for name in rejected_rows.COLUMNS} for row in found])
    print_result({"rows": found}, as_json=as_json, printed=True)


def _jsonable(value: Any) -> dict[str, Any]:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else dict(value)
