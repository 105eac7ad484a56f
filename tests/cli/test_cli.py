"""The command line: one JSON object at the end, exit codes, no traceback."""

import csv
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer
from samples import environment, load, order, orders, query, write

from include.cli import main
from include.settings import Role, Settings

FILE_KEYS = {
    *("load_id", "file", "sha256", "status", "rows_in", "accepted", "unchanged", "quarantined"),
    *("failed_rules", "message", "skipped", "repairs"),
}
CHANGE_KEYS = {
    *("mart", "cell", "metric", "value_from", "value_to", "release_id", "cause"),
    *("load_ids", "files", "inputs", "line_count", "part"),
}
COMMANDS = (
    *(
        "up",
        "down",
        "status",
        "generate",
        "load",
        "loads",
        "publish",
        "rate",
        "check",
        "releases",
        "rollback",
    ),
    *("diff", "explain", "export", "quarantine", "bulletin", "dsn", "sql", "demo"),
)


class Output:
    """Exit code and output of a command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        assert "Traceback" not in out + err
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> dict[str, Any]:
        """The last line of stdout."""
        found = json.loads(self.out.splitlines()[-1])
        assert isinstance(found, dict)
        return found


Textile = Callable[..., Output]


@pytest.fixture
def textile(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Textile:
    """Run a command in this process, as the entry point does."""

    def run(*arguments: object, settings: Settings | None = None) -> Output:
        for name in [name for name in os.environ if name.startswith("TEXTILE_")]:
            monkeypatch.delenv(name)
        for name, value in (environment(settings) if settings else {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["textile", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main.main()
        code = end.value.code
        return Output(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def published_copy(new_warehouse: Callable[..., Settings], published: Settings) -> Settings:
    """A copy of the published warehouse for commands that only read."""
    return new_warehouse(published)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_json(textile, command):
    done = textile(command, "--help")
    assert (done.code, "--json" in done.out) == (0, True)


def test_the_commands_are_these(textile):
    assert typer.main.get_command(main.app).commands.keys() == {*COMMANDS, "profile"}


def test_load_reports_each_file_and_fails_for_a_refused_one(textile, warehouse, tmp_path):
    good = write(tmp_path / "good.csv", [*orders(9), order(行号="0")])
    bad = write(tmp_path / "bad.csv", orders(3, 数量="x"))
    late = write(tmp_path / "late.csv", orders(2, 订单号="SO-2"))
    done = textile("load", "enterprise_orders", good, bad, late, "--json", settings=warehouse)
    assert done.code == 1
    files = done.json["files"]
    assert [file.keys() for file in files] == [FILE_KEYS] * 3
    assert [(f["file"], f["status"], f["rows_in"], f["accepted"], f["quarantined"]) for f in files] == [
        ("good.csv", "accepted", 10, 9, 1),
        ("bad.csv", "refused", 3, 0, 0),
        ("late.csv", "accepted", 2, 2, 0),
    ]
    assert files[0]["failed_rules"] == ["line_no_positive"]
    assert "rejected_share_within_tolerance" in files[1]["failed_rules"]
    assert "bad.csv" in files[1]["message"]
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in files)
    assert query(warehouse, "select count(*) from raw.enterprise_orders") == [(11,)]


def test_a_path_that_does_not_exist_is_a_usage_error_and_nothing_is_loaded(textile, warehouse, tmp_path):
    good = write(tmp_path / "good.csv", orders(3))
    missing = tmp_path / os.fsdecode(b"nobody-\xff.csv")
    for path, expected in (
        (missing, "nobody-?.csv"),
        (good / "a.csv", "a.csv"),
        (tmp_path / ("x" * 300), "xxx"),
        (tmp_path, "is a folder"),
    ):
        done = textile("load", "enterprise_orders", good, path, "--json", settings=warehouse)
        assert (done.code, done.json.keys()) == (2, {"error"})
        assert expected in done.json["error"]
    assert textile("load", "enterprise_orders", missing, settings=warehouse).code == 2
    assert query(warehouse, "select count(*) from ops.load") == [(0,)]


def test_duplicates_and_quarantined_rows_are_no_failure(textile, warehouse, tmp_path):
    path = write(tmp_path / "a.csv", [*orders(9), order(行号="0")])
    first = textile("load", "enterprise_orders", path, "--json", settings=warehouse)
    again = textile("load", "enterprise_orders", path, "--json", settings=warehouse)
    assert (first.code, again.code) == (0, 0)
    assert [done.json["files"][0]["status"] for done in (first, again)] == ["accepted", "duplicate"]
    assert again.json["files"][0]["load_id"] == first.json["files"][0]["load_id"]


def test_load_for_people_is_a_table(textile, warehouse, tmp_path):
    done = textile("load", "enterprise_orders", write(tmp_path / "[red]a.csv", orders(3)), settings=warehouse)
    assert done.code == 0
    assert "[red]a.csv" in done.out
    assert not done.out.rstrip().endswith("}")


def test_publish_releases_rollback_diff(textile, new_warehouse, published, tmp_path):
    settings = new_warehouse(published)
    done = textile("publish", "--json", settings=settings)
    assert (done.code, done.json["status"], done.json["release_id"]) == (0, "unchanged", 1)
    # Nothing is new, but the bulletin of the current release was missing.
    assert '<meta name="release" content="1">' in Path(done.json["bulletin"]).read_text(encoding="utf-8")
    assert done.json.keys() == {
        *("release_id", "status", "failed_rules", "message", "jumps", "bulletin"),
    }
    load(settings, "enterprise_orders", write(tmp_path / "a.csv", orders(2, 订单号="SO-9")))
    done = textile("publish", "--json", settings=settings)
    assert (done.code, done.json["status"], done.json["release_id"]) == (0, "published", 2)
    index = str(settings.home / "bulletin" / "index.html")
    assert done.json["bulletin"] == index

    found = textile("releases", "--json", settings=settings).json["releases"]
    assert [(r["release_id"], r["is_current"], r["data_cutoff"]) for r in found] == [
        (2, True, "2020-09-15"),
        (1, False, "2020-09-15"),
    ]
    done = textile("diff", 1, 2, "--json", settings=settings)
    assert done.code == 0
    cells = {m["mart"]: m["cells"] for m in done.json["marts"]}
    assert cells["market_share"] > 0
    assert "dim_market" not in cells
    assert done.json["changes"][0].keys() == CHANGE_KEYS
    assert "new orders" in textile("diff", 1, 2, "--mart", "market_share", settings=settings).out
    key = "month=2020-09,product_group=ALL"
    done = textile("explain", "dual_circulation", key, "--json", settings=settings)
    assert {"file_name": "a.csv", "lines": 2, "value_cny": "41000.00"}.items() <= next(
        load for amount in done.json["amounts"] for load in amount["loads"] if load["load_id"] == 5
    ).items()
    assert (
        "the largest lines of each amount"
        in textile("explain", "dual_circulation", key, settings=settings).out
    )
    assert textile("explain", "dual_circulation", "month", settings=settings).code == 2
    done = textile("rollback", 1, "--reason", "test", "--json", settings=settings)
    assert (done.code, done.json) == (0, {"release_id": 1, "status": "current", "bulletin": index})
    assert query(settings, "select release_id from marts.release_info") == [(1,)]
    done = textile("rollback", 7, "--json", settings=settings)
    assert (done.code, done.json) == (
        *(1,),
        {"error": "there is no release 7; `textile releases` lists them"},
    )


def test_bulletin(textile, new_warehouse, published):
    settings = new_warehouse(published)
    done = textile("bulletin", "--json", settings=settings)
    index = settings.home / "bulletin" / "index.html"
    assert (done.code, done.json) == (0, {"release_id": 1, "file": str(index), "is_current": True})
    done = textile("bulletin", "--release", 9, settings=settings)
    assert done.code == 1
    assert "there is no release 9" in done.err
    # A rollback is valid also when its page cannot be written; the exit code reports the failure.
    shutil.rmtree(index.parent)
    index.parent.touch()
    done = textile("rollback", 1, "--reason", "test", "--json", settings=settings)
    assert (done.code, done.json["release_id"], done.json["bulletin"]) == (1, 1, None)
    assert done.json["bulletin_error"].startswith("readers see release 1, but its bulletin is not written: ")
    done = textile("publish", "--json", settings=settings)
    assert (done.code, done.json["status"], done.json["bulletin"]) == (1, "unchanged", None)
    assert "bulletin is not written" in done.json["bulletin_error"]


def test_a_refused_release_fails(textile, new_warehouse, published):
    """The release gate finds a row that did not pass through the load gate; the exit code reports it."""
    settings = new_warehouse(published)
    query(settings, "update raw.enterprise_orders set order_date = current_date + 40 where line_no = 1")
    query(settings, "update ops.release set code_version = 'older'")
    query(settings, "update ops.build set tables_version = 'older'")
    done = textile("publish", "--json", settings=settings)
    assert (done.code, done.json["status"], done.json["release_id"]) == (1, "refused", 1)
    assert "month_not_in_future" in done.json["failed_rules"]
    assert query(settings, "select count(*) from ops.release") == [(1,)]


def test_check_reports_how_many_months_equal_raw(textile, published_copy):
    done = textile("check", "--json", settings=published_copy)
    assert (done.code, done.json) == (0, {"months": 3})


def test_quarantine_as_json_table_and_file(textile, published_copy, tmp_path):
    (row,) = textile("quarantine", "--json", settings=published_copy).json["rows"]
    assert (row["file_name"], row["line_no"], row["rule_codes"]) == ("c.csv", 2, ["line_no_positive"])
    assert row.keys() >= {"load_id", "source", "reason_zh", "reason_en", "raw_line"}
    assert textile("quarantine", "--load", 1, "--json", settings=published_copy).json == {"rows": []}
    assert textile("quarantine", "--load", 1, settings=published_copy).out == "none\n"
    assert "c.csv" in textile("quarantine", settings=published_copy).out
    out = tmp_path / "rows.csv"
    done = textile("quarantine", "--out", out, "--json", settings=published_copy)
    assert (done.code, done.json) == (0, {"rows": 1})
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [r["raw_line"] for r in csv.DictReader(file)] == [row["raw_line"]]


def test_quarantine_of_a_refused_load_lists_its_rows_and_that_none_entered(textile, warehouse, tmp_path):
    load(warehouse, "enterprise_orders", write(tmp_path / "bad.csv", orders(3, 数量="x")))
    out = tmp_path / "bad.xlsx"
    done = textile("quarantine", "--load", 1, "--out", out, "--json", settings=warehouse)
    assert (done.code, done.json) == (0, {"rows": 3})
    assert "load 1 was refused and none of its rows was loaded: bad.csv: more than 20%" in done.err
    assert textile("quarantine", "--json", settings=warehouse).json == {"rows": []}
    assert textile("quarantine", "--load", 9, "--json", settings=warehouse).code == 1
    wrong = textile("quarantine", "--load", 1, "--out", tmp_path / "bad.ods", settings=warehouse)
    assert (wrong.code, ".xlsx" in wrong.err) == (1, True)


def test_progress_and_warnings_are_lines_of_stderr_once_each(textile, published_copy, monkeypatch):
    def warnings(_connection: psycopg.Connection) -> list[str]:
        # As packages of dbt do.
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler()])
        return ["100 % of the rates run out"]

    monkeypatch.setattr("include.release.reference_due.warnings", warnings)
    for _ in range(2):
        done = textile("check", settings=published_copy)
        assert done.out == "months: 3\n"
        assert done.err == (
            "warning: 100 % of the rates run out\n3 months of the newest release equal raw to the cent\n"
        )


def test_dsn_connects_as_the_role(textile, published_copy):
    for arguments, role in (((), "analyst"), (("--role", "bi_reader"), "bi_reader")):
        plain = textile("dsn", *arguments, settings=published_copy).out.strip()
        assert textile("dsn", *arguments, "--json", settings=published_copy).json == {"dsn": plain}
        with psycopg.connect(plain) as connection:
            assert connection.info.user == role


def stopped(home: Path) -> Settings:
    """Settings of a stack that does not run."""
    return Settings(home=home, pg_port=1, **{f"{role.value}_password": "x" for role in Role})


def test_status_without_a_stack(textile, tmp_path):
    done = textile("status", "--json", settings=stopped(tmp_path))
    assert done.code == 0
    assert {service["name"] for service in done.json["services"]} >= {"postgres", "scheduler"}
    assert {service["state"] for service in done.json["services"]} == {"stopped"}
    assert set(done.json["services"][0]) == {"name", "state", "pid", "port", "url"}


def test_generate_reports_what_it_wrote(textile, tmp_path):
    arguments = ("--months", 1, "--enterprises", 10, "--scale", 0.1, "--json")
    done = textile("generate", "--out", tmp_path / "files", *arguments)
    assert done.code == 0
    wrote = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert done.json["files"] == len(wrote) > 3
    assert {"order_lines", "declaration_items", "statistics_rows", "bytes"} < done.json.keys()


MISTAKES = {
    "unknown source": (("load", "orders", __file__), "enterprise_orders"),
    "unknown profile": (
        ("load", "enterprise_orders", __file__, "--profile", "nobody"),
        "no profile 'nobody'",
    ),
    "profile of another source": (
        ("load", "enterprise_orders", __file__, "--profile", "gacc_export_cny"),
        "profile",
    ),
    "unknown release": (("diff", "1", "99"), "there is no release 99"),
    "folder that cannot be written": (("quarantine", "--out", "/proc/none/rows.csv"), "/proc/none/rows.csv"),
    "place that cannot be written": (("generate", "--out", "/proc/none", "--months", "1"), "/proc/none"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained(textile, published_copy, mistake):
    arguments, explained = MISTAKES[mistake]
    plain = textile(*arguments, settings=published_copy)
    done = textile(*arguments, "--json", settings=published_copy)
    assert (plain.code, done.code) == (1, 1)
    assert set(done.json) == {"error"}
    assert explained in done.json["error"]
    assert plain.err.startswith("error: ")
    assert explained.split()[-1] in "".join(plain.err.split())


@pytest.mark.parametrize(
    "arguments",
    [("load", "enterprise_orders", __file__), ("publish",), ("releases",), ("diff", "1", "2")],
)
def test_without_a_stack_the_message_says_how_to_start_one(textile, tmp_path, arguments):
    done = textile(*arguments, "--json", settings=stopped(tmp_path))
    assert (done.code, "does not answer" in done.json["error"]) == (1, True)
    assert "`textile up`" in done.json["error"]


def test_before_the_first_up_the_message_says_what_to_run(tmp_path):
    """The installed command in another process."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("TEXTILE_")}
    done = subprocess.run(
        [Path(sys.executable).with_name("textile"), "releases", "--json"],
        env={**others, "TEXTILE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    done = Output(done.returncode, done.stdout, done.stderr)
    assert (done.code, "run `textile up`" in done.json["error"]) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [("load",), ("load", "enterprise_orders"), ("rollback", "one"), ("dsn", "--role", "nobody"), ("fly",)],
)
def test_wrong_usage_is_explained(textile, arguments):
    done = textile(*arguments)
    assert done.code == 2
    assert "Usage: " in done.err


def test_version_and_short_help(textile):
    assert re.fullmatch(r"textile \d+\.\d+\.\d+\n", textile("--version").out)
    for command in ((), ("load",), ("profile", "check")):
        assert textile(*command, "-h").out == textile(*command, "--help").out


def test_loads_lists_what_came_newest_first(textile, published_copy):
    rows = textile("loads", "--limit", "2", "--json", settings=published_copy).json["loads"]
    newest = query(published_copy, "select load_id from ops.load order by load_id desc limit 2")
    assert [row["load_id"] for row in rows] == [number for (number,) in newest]
    assert set(rows[0]) >= {"started_at", "source", "file", "status", "rows_in", "message"}
    assert rows[0]["file"] in textile("loads", settings=published_copy).out


def test_sql_answers_as_the_role(textile, published_copy):
    done = textile("sql", "select current_user as me", "--json", settings=published_copy)
    assert (done.code, done.json) == (0, {"rows": [{"me": "analyst"}]})
    denied = textile("sql", "select * from ops.load", "--json", settings=published_copy)
    assert (denied.code, denied.json) == (2, {"error": "permission denied for table load"})
    done = textile("sql", "--json", settings=published_copy)
    assert (done.code, done.json) == (2, {"error": "--json needs a QUERY"})


def test_sql_is_psql_itself(published_copy):
    def psql(*arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("textile"), "sql", *arguments],
            input=typed,
            env={**os.environ, **environment(published_copy)},
            capture_output=True,
            text=True,
            check=False,
        )

    asked = psql("--role", "bi_reader", "select current_user")
    assert (asked.returncode, "bi_reader" in asked.stdout) == (0, True)
    assert "(1 row)" in psql(typed="select 1;").stdout
    assert psql("select * from ops.load").returncode != 0
