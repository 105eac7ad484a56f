"""Commands of the local stack and of the database itself."""

import logging
import os
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from include.cli.console import Json, print_result, print_table
from include.errors import UsageError
from include.settings import Role, load_settings

log = logging.getLogger(__name__)
app = typer.Typer()


@app.command()
def up(
    *,
    airflow: Annotated[bool, typer.Option("--airflow", help="Start Airflow's services too.")] = False,
    bi: Annotated[bool, typer.Option("--bi", help="Start Superset too, with the dashboard.")] = False,
    as_json: Json = False,
) -> None:
    """Start the local stack and wait until it is healthy."""
    from include.local import stack

    services = stack.up(with_airflow=airflow, with_bi=bi)
    _show_services(services, as_json=as_json)


@app.command()
def down(*, as_json: Json = False) -> None:
    """Stop everything that `up` started."""
    from include.local import stack

    stack.down()
    print_result({"stopped": True}, as_json=as_json)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Show what runs, and where."""
    from include.local import stack

    warnings = stack.reference_warnings()
    for warning in warnings:
        log.warning(warning)
    _show_services(stack.status(), as_json=as_json, warnings=warnings)


@app.command()
def dsn(
    *,
    role: Annotated[Role, typer.Option(help="Database role.")] = Role.ANALYST,
    as_json: Json = False,
) -> None:
    """Print a connection string. It contains a password."""
    found = load_settings().dsn(role)
    if as_json:
        print_result({"dsn": found}, as_json=True)
    else:
        typer.echo(found)


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="One statement; without it psql is started.")
    ] = None,
    *,
    role: Annotated[Role, typer.Option(help="Database role.")] = Role.ANALYST,
    as_json: Json = False,
) -> None:
    """Query the warehouse with the psql of this project; `\\d+ marts.growth` there describes a mart."""
    from include.local import postgres
    from include.warehouse.connection import rows

    settings = load_settings()
    if as_json:
        if query is None:
            raise UsageError("--json needs a QUERY")
        print_result({"rows": rows(settings, role, query)}, as_json=True)
        return
    program = str(postgres.program("psql"))
    arguments = [program, "--no-psqlrc", "--set", "ON_ERROR_STOP=1", *(["--command", query] if query else [])]
    sys.stdout.flush()
    # By the environment: every user of the machine can read the arguments of a process.
    os.execve(program, arguments, {**os.environ, **settings.libpq(role)})  # noqa: S606  (no shell is meant)


def _show_services(services: list[Any], *, as_json: bool, **further: Any) -> None:
    if not as_json:
        table = Table("service", "state", "pid", "port", "address")
        for s in services:
            table.add_row(s.name, s.state, str(s.pid or ""), str(s.port or ""), s.url or "")
        print_table(table)
    print_result({"services": [asdict(s) for s in services], **further}, as_json=as_json, printed=True)
