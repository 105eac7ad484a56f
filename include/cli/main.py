"""``textile``: the command line. A command calls the same function as the DAGs."""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from include.cli import files, profile, releases, stack
from include.cli.console import Json, escape, json_line, log_to_stderr, print_result
from include.errors import TextileError, UsageError

app = typer.Typer(
    help="The Lanxi textile warehouse: load files, publish marts, run the local stack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (stack, files, releases):
    app.add_typer(commands.app)
app.add_typer(profile.app, name="profile")
# Tables and progress go to stderr when --json is given, so that stdout's last line is the JSON object.
_err = Console(stderr=True)


def main() -> None:
    """Entry point: a known failure is one message and exit code 1 or 2, without a traceback."""
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
    _err.print(f"[bold red]error:[/] {escape(message)}")
    sys.exit(code)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"textile {version('lanxi-textile-warehouse')}")
        raise typer.Exit


@app.callback()
def _all_commands(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options before any command."""
    log_to_stderr()


@app.command()
def demo(*, as_json: Json = False) -> None:
    """Run the whole pipeline on a synthetic cluster with some bad input, and check its figures."""
    from include.demo import stages

    passed = stages.run()
    print_result({"passed": passed}, as_json=as_json, printed=True)
    if not passed:
        raise typer.Exit(1)
