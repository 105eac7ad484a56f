"""``textile``: what a person types. Every command only calls the function that the DAGs call."""

import re
import sys
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from include.cli import changes, profile
from include.cli.console import Json, coloured, json_line, plain, print_rows, say, show, show_result
from include.errors import BulletinError, TextileError, UsageError
from include.settings import ZONE, Role, Settings, load_settings

app = typer.Typer(
    help="The Lanxi textile warehouse: load files, publish marts, run the local stack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# Tables and progress go to stderr when --json is given, so that stdout's last line is the JSON object.
_err = Console(stderr=True)
app.add_typer(profile.app, name="profile")


def main() -> None:
    """Entry point: a known failure is one readable message and exit code 1 or 2, never a traceback."""
    try:
        app()
    except UsageError as error:
        _fail(str(error), code=2)
    except TextileError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"cannot read or write {error.filename}: {error.strerror}")


def _fail(message: str, code: int = 1) -> NoReturn:
    if "--json" in sys.argv:
        typer.echo(json_line({"error": message}))
    _err.print(f"[bold red]error:[/] {plain(message)}")
    sys.exit(code)


@app.command()
def up(
    *,
    airflow: Annotated[bool, typer.Option("--airflow", help="Start Airflow's services too.")] = False,
    bi: Annotated[bool, typer.Option("--bi", help="Start Superset too, with the dashboard.")] = False,
    as_json: Json = False,
) -> None:
    """Start the local stack and wait until it is healthy."""
    from include.local import stack

    services = stack.up(with_airflow=airflow, with_bi=bi, say=say)
    _show_services(services, as_json=as_json)


@app.command()
def down(*, as_json: Json = False) -> None:
    """Stop everything that `up` started."""
    from include.local import stack

    stack.down(say=say)
    show_result({"stopped": True}, as_json=as_json)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Show what runs, and where."""
    from include.local import stack

    warnings = stack.reference_warnings()
    for warning in warnings:
        say(f"warning: {warning}")
    _show_services(stack.status(), as_json=as_json, warnings=warnings)


@app.command()
def generate(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write to; it can serve as a landing folder.")],
    months: Annotated[int, typer.Option(min=1, help="Months of history, ending with September 2020.")] = 36,
    enterprises: Annotated[int, typer.Option(min=10, help="Number of mills.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    scale: Annotated[float, typer.Option(min=0.01, help="Multiplies the number of rows.")] = 1,
    as_json: Json = False,
) -> None:
    """Write a synthetic cluster's files in the real formats."""
    from include.demo import synthetic

    result = synthetic.generate(out, months=months, enterprises=enterprises, seed=seed, scale=scale)
    show_result(_jsonable(result), as_json=as_json)


@app.command()
def load(
    source: Annotated[str, typer.Argument(help="enterprise_orders, customs_exports or customs_statistics")],
    paths: Annotated[list[Path], typer.Argument(help="Files, in the order of their delivery.")],
    *,
    profile: Annotated[str | None, typer.Option(help="How these files map to the contract.")] = None,
    as_json: Json = False,
) -> None:
    """Load files through the gate. A refused file makes the exit code 1; the others are loaded.

    A path that does not exist makes it 2, and nothing is loaded.
    """
    from include.load import loading
    from include.load.drop_folder import is_there

    if missing := [path for path in paths if not is_there(path)]:
        raise UsageError(f"{missing[0]}: there is no such file; nothing was loaded")
    results = loading.load_files(load_settings(), source, paths, profile, say=say)
    if not as_json:
        table = Table("load", "file", "status", "rows in", "accepted", "unchanged", "quarantined", "rules")
        for r in results:
            table.add_row(
                str(r.load_id or ""),
                plain(r.file),
                coloured(r.status),
                *(f"{n:,}" for n in (r.rows_in, r.accepted, r.unchanged, r.quarantined)),
                ", ".join(r.failed_rules),
            )
        show(table)
    show_result({"files": [asdict(r) for r in results]}, as_json=as_json, shown=True)
    if any(r.status == "refused" for r in results):
        raise typer.Exit(1)


@app.command()
def publish(
    *,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Compute every month anew from raw, also unchanged ones.")
    ] = False,
    accept_drift: Annotated[
        str | None,
        typer.Option(help="Why figures that jump against the current release are right; it is recorded."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build the marts, validate them, make them visible in one commit, and write their bulletin."""
    from include.release import publishing

    settings = load_settings()
    result = publishing.publish(settings, say=say, full_refresh=full_refresh, accept_drift=accept_drift)
    shown = {**asdict(result), "bulletin": None}
    if result.release_id and result.status != "refused":
        shown |= _bulletin_after_switch(settings, result.release_id)
    if not as_json:
        del shown["jumps"]  # the validation has printed them, line by line
    show_result(shown, as_json=as_json)
    if result.status == "refused" or "bulletin_error" in shown:
        raise typer.Exit(1)


@app.command()
def rate(
    month: Annotated[str, typer.Argument(help="The month of the orders, for example 2026-12.")],
    currency: Annotated[str, typer.Argument(help="ISO code, for example USD.")],
    cny_per_unit: Annotated[str, typer.Argument(metavar="YUAN_FOR_ONE", help="For example 7.0731.")],
    *,
    as_json: Json = False,
) -> None:
    """Enter the customs exchange rate of a month; the next publish uses the newest one."""
    from include.release import entered_rates

    try:
        first_day = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise typer.BadParameter(f"{month}: say year and month, as 2026-12", param_hint="MONTH") from None
    value = Decimal(cny_per_unit) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,10})?", cny_per_unit) else Decimal(0)
    if not value:
        raise typer.BadParameter(f"{cny_per_unit}: say a number, as 7.0731", param_hint="YUAN_FOR_ONE")
    entered_rates.enter(
        load_settings(), first_day, currency.upper(), value, today=datetime.now(ZoneInfo(ZONE)).date()
    )
    show_result(
        {"month": month, "currency": currency.upper(), "cny_per_unit": str(value), "status": "entered"},
        as_json=as_json,
    )


@app.command()
def check(*, as_json: Json = False) -> None:
    """Check that the warehouse is whole and its newest release equals raw, as is done each night."""
    from include.maintenance import raw_check

    show_result({"months": raw_check.check(load_settings(), say)}, as_json=as_json)


@app.command()
def releases(*, as_json: Json = False) -> None:
    """List the releases, newest first; the current one is marked."""
    from include.release import current_release

    found = current_release.releases(load_settings())
    if not as_json:
        print_rows([{name: row[name] for name in current_release.SHOWN} for row in found])
    show_result({"releases": found}, as_json=as_json, shown=True)


@app.command()
def rollback(
    release_id: Annotated[
        int, typer.Argument(help="The release to go (back) to; `textile releases` lists them.")
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is recorded with your name.")] = "no reason given",
    as_json: Json = False,
) -> None:
    """Make an older release the current one."""
    from include.release import current_release

    settings = load_settings()
    current_release.rollback(settings, release_id, reason)
    shown = {"release_id": release_id, "status": "current", **_bulletin_after_switch(settings, release_id)}
    show_result(shown, as_json=as_json)
    if "bulletin_error" in shown:
        raise typer.Exit(1)


@app.command()
def bulletin(
    *,
    release_id: Annotated[int | None, typer.Option("--release", help="Instead of the current one.")] = None,
    as_json: Json = False,
) -> None:
    """Write the bulletin of a release again; publishing and going back do it by themselves."""
    from include.bulletin.write import write

    show_result(asdict(write(load_settings(), release_id)), as_json=as_json)


@app.command()
def diff(
    a: Annotated[int, typer.Argument(help="The release to compare with, by its number.")],
    b: Annotated[int, typer.Argument(help="The release that is compared.")],
    *,
    mart: Annotated[str | None, typer.Option(help="Only this mart.")] = None,
    as_json: Json = False,
) -> None:
    """Show every cell that releases A and B show otherwise, and which loads, rates or code moved it."""
    from include.release import change_log

    found = change_log.diff(load_settings(), a, b, mart, say)
    if not as_json:
        changes.print_diff(found)
    result = {"marts": changes.moved_cells(found), "changes": found}
    show_result(result, as_json=as_json, shown=True)


@app.command()
def explain(
    mart: Annotated[str, typer.Argument(help="A mart, for example market_share.")],
    key: Annotated[str, typer.Argument(help="One row: column=value,column=value; a month as 2020-09.")],
    *,
    release: Annotated[int | None, typer.Option(help="The release; the current one unless said.")] = None,
    as_json: Json = False,
) -> None:
    """Walk a row of a mart back to the loads, files and lines that its amounts are made of."""
    from include.release import explain

    parts = [part.partition("=") for part in key.split(",") if part]
    if wrong := [name for name, equals, _ in parts if not equals]:
        raise typer.BadParameter(f"{wrong[0]}: say column=value,column=value", param_hint="KEY")
    asked = {name.strip(): value.strip() for name, _, value in parts}
    found = explain.explain(load_settings(), mart, asked, release)
    if not as_json:
        changes.print_explanation(found)
    show_result(asdict(found), as_json=as_json, shown=True)


@app.command()
def quarantine(
    *,
    load: Annotated[int | None, typer.Option(help="Only this load's rows, also of a refused one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write an .xlsx file for the sender, or a .csv.")] = None,
    as_json: Json = False,
) -> None:
    """Show every rejected row with its reasons, and which delivery healed it."""
    from include.load import rejected_rows, sender_sheet

    settings = load_settings()
    rows = rejected_rows.rows(settings, load)
    if load and (refusal := rejected_rows.refusal(settings, load)):
        say(refusal)
    if out:
        count = sender_sheet.write(rows, out)
        say(f"{count} rows written to {out}")
        show_result({"rows": count}, as_json=as_json, shown=True)
        return
    found = list(rows)
    if not as_json:
        print_rows([{name: row[name] for name in rejected_rows.SHOWN} for row in found])
    show_result({"rows": found}, as_json=as_json, shown=True)


@app.command()
def export(
    mart: Annotated[str, typer.Argument(help="Name of the mart, for example market_share.")],
    *,
    out: Annotated[Path, typer.Option(help="File to write: .csv or .xlsx.")],
    release_id: Annotated[int | None, typer.Option("--release", help="Instead of the current one.")] = None,
    as_json: Json = False,
) -> None:
    """Write a mart to a file that a spreadsheet can open safely."""
    from include.release import export as exports

    written = exports.export(load_settings(), mart, out, release_id)
    say(f"{written.rows} rows of release {written.release_id} written to {written.file}")
    show_result(asdict(written), as_json=as_json, shown=True)


@app.command()
def dsn(
    *,
    role: Annotated[Role, typer.Option(help="Database role.")] = Role.ANALYST,
    as_json: Json = False,
) -> None:
    """Print a connection string. It holds a password: treat it as one."""
    found = load_settings().dsn(role)
    if as_json:
        show_result({"dsn": found}, as_json=True)
    else:
        typer.echo(found)


@app.command()
def demo(*, as_json: Json = False) -> None:
    """Run the whole pipeline on a synthetic cluster, with bad input among it, and check its figures."""
    from include.demo import stages

    passed = stages.run(say=say)
    show_result({"passed": passed}, as_json=as_json, shown=True)
    if not passed:
        raise typer.Exit(1)


def _bulletin_after_switch(settings: Settings, release_id: int) -> dict[str, str | None]:
    """Its file, written unless it is of this release already; or why it is not written."""
    from include.bulletin import files
    from include.bulletin.write import write_after_switch

    if files.is_current(settings, release_id):
        return {"bulletin": str(files.current_page(settings))}
    try:
        return {"bulletin": write_after_switch(settings, release_id, say).file}
    except BulletinError as error:
        return {"bulletin": None, "bulletin_error": str(error)}


def _show_services(services: list[Any], *, as_json: bool, **further: Any) -> None:
    if not as_json:
        table = Table("service", "state", "pid", "port", "address")
        for s in services:
            table.add_row(s.name, s.state, str(s.pid or ""), str(s.port or ""), s.url or "")
        show(table)
    show_result({"services": [asdict(s) for s in services], **further}, as_json=as_json, shown=True)


def _jsonable(value: Any) -> dict[str, Any]:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else dict(value)
