"""Commands about releases: publish, roll back, compare, explain, export."""

import logging
import re
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from include.cli import changes
from include.cli.console import Json, print_result, print_rows
from include.errors import BulletinError
from include.settings import ZONE, Settings, load_settings

log = logging.getLogger(__name__)
app = typer.Typer()


@app.command()
def publish(
    *,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Compute every month from raw, also unchanged ones.")
    ] = False,
    accept_drift: Annotated[
        str | None,
        typer.Option(help="Why figures that jump against the current release are right; it is recorded."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build, validate and publish the marts, and write the bulletin."""
    from include.release import publishing

    settings = load_settings()
    result = publishing.publish(settings, full_refresh=full_refresh, accept_drift=accept_drift)
    output = {**asdict(result), "bulletin": None}
    if result.release_id and result.status != "refused":
        output |= _bulletin_after_switch(settings, result.release_id)
    if not as_json:
        del output["jumps"]  # the validation has logged them
    print_result(output, as_json=as_json)
    if result.status == "refused" or "bulletin_error" in output:
        raise typer.Exit(1)


@app.command()
def rate(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="For example 2026-12.")],
    currency: Annotated[str, typer.Argument(metavar="CURRENCY", help="ISO code, for example USD.")],
    cny_per_unit: Annotated[str, typer.Argument(metavar="YUAN_FOR_ONE", help="For example 7.0731.")],
    *,
    as_json: Json = False,
) -> None:
    """Enter the customs exchange rate of a month; the next publish uses the newest one."""
    from include.release import entered_rates

    try:
        first_day = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise typer.BadParameter(f"{month}: write year and month like 2026-12", param_hint="MONTH") from None
    value = Decimal(cny_per_unit) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,10})?", cny_per_unit) else Decimal(0)
    if not value:
        raise typer.BadParameter(f"{cny_per_unit}: write a number like 7.0731", param_hint="YUAN_FOR_ONE")
    entered_rates.enter(
        load_settings(), first_day, currency.upper(), value, today=datetime.now(ZoneInfo(ZONE)).date()
    )
    print_result(
        {"month": month, "currency": currency.upper(), "cny_per_unit": str(value), "status": "entered"},
        as_json=as_json,
    )


@app.command()
def check(*, as_json: Json = False) -> None:
    """Check that the warehouse is whole and its newest release equals raw, as each night."""
    from include.maintenance import nightly_check

    print_result({"months": nightly_check.check(load_settings())}, as_json=as_json)


@app.command()
def releases(*, as_json: Json = False) -> None:
    """List the releases, newest first; the current one is marked."""
    from include.release import current_release

    found = current_release.list_all(load_settings())
    if not as_json:
        print_rows([{name: row[name] for name in current_release.TERMINAL_COLUMNS} for row in found])
    print_result({"releases": found}, as_json=as_json, printed=True)


@app.command()
def rollback(
    release_id: Annotated[
        int,
        typer.Argument(metavar="RELEASE", help="The release to go (back) to; `textile releases` lists them."),
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is recorded with your name.")] = "no reason given",
    as_json: Json = False,
) -> None:
    """Make an older release the current one."""
    from include.release import current_release

    settings = load_settings()
    current_release.rollback(settings, release_id, reason)
    output = {
        "release_id": release_id,
        "status": "current",
        **_bulletin_after_switch(settings, release_id),
    }
    print_result(output, as_json=as_json)
    if "bulletin_error" in output:
        raise typer.Exit(1)


@app.command()
def bulletin(
    *,
    release_id: Annotated[
        int | None, typer.Option("--release", help="The release; the current one by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the bulletin of a release again; publish and rollback write it too."""
    from include.bulletin.write import write

    print_result(asdict(write(load_settings(), release_id)), as_json=as_json)


@app.command()
def diff(
    a: Annotated[int, typer.Argument(metavar="RELEASE_A", help="The release to compare with.")],
    b: Annotated[int, typer.Argument(metavar="RELEASE_B", help="The release that is compared.")],
    *,
    mart: Annotated[str | None, typer.Option(help="Only this mart.")] = None,
    as_json: Json = False,
) -> None:
    """Show every cell that differs between releases A and B, and which loads, rates or code changed it."""
    from include.release import change_log

    found = change_log.diff(load_settings(), a, b, mart)
    if not as_json:
        changes.print_diff(found)
    result = {"marts": changes.count_cells(found), "changes": found}
    print_result(result, as_json=as_json, printed=True)


@app.command()
def explain(
    mart: Annotated[str, typer.Argument(metavar="MART", help="A mart, for example market_share.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Of one row: column=value,column=value.")],
    *,
    release: Annotated[int | None, typer.Option(help="The release; the current one by default.")] = None,
    as_json: Json = False,
) -> None:
    """Trace a row of a mart to the loads, files and lines that its amounts are sums of."""
    from include.release import explain

    parts = [part.partition("=") for part in key.split(",") if part]
    if wrong := [name for name, equals, _ in parts if not equals]:
        raise typer.BadParameter(f"{wrong[0]}: write column=value,column=value", param_hint="KEY")
    asked = {name.strip(): value.strip() for name, _, value in parts}
    found = explain.explain(load_settings(), mart, asked, release)
    if not as_json:
        changes.print_explanation(found)
    print_result(asdict(found), as_json=as_json, printed=True)


@app.command()
def export(
    mart: Annotated[str, typer.Argument(metavar="MART", help="Name of the mart, for example market_share.")],
    *,
    out: Annotated[Path, typer.Option(help="File to write: .csv or .xlsx.")],
    release_id: Annotated[
        int | None, typer.Option("--release", help="The release; the current one by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a mart to a file that a spreadsheet can open safely."""
    from include.release import export as exports

    written = exports.export(load_settings(), mart, out, release_id)
    log.info("%s rows of release %s written to %s", written.rows, written.release_id, written.file)
    print_result(asdict(written), as_json=as_json, printed=True)


def _bulletin_after_switch(settings: Settings, release_id: int) -> dict[str, str | None]:
    """The bulletin's file, written unless it is of this release already; or the error."""
    from include.bulletin import files
    from include.bulletin.write import write_after_switch

    if files.is_current(settings, release_id):
        return {"bulletin": str(files.current_page(settings))}
    try:
        return {"bulletin": write_after_switch(settings, release_id).file}
    except BulletinError as error:
        return {"bulletin": None, "bulletin_error": str(error)}
