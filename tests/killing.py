"""A part of `textile publish` in a process of its own, killed with -9 at its n-th step, and what is left."""

import os
import signal
import subprocess
import sys
from typing import Any, NamedTuple

from samples import contents, environment, one, query

from include.settings import Settings

# A step is a statement, BEGIN or COMMIT of ours or of Great Expectations, or a statement of dbt.
_KILLER = """
import os, signal, sys
import psycopg

at = int(sys.argv[1])
done = 0

def step():
    global done
    done += 1
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)

class Counting(psycopg.Connection):
    def wait(self, *arguments, **options):
        step()
        return super().wait(*arguments, **options)

psycopg.connect = Counting.connect

from dbt.adapters.sql.connections import SQLConnectionManager

add_query = SQLConnectionManager.add_query

def counted(*arguments, **options):
    step()
    return add_query(*arguments, **options)

SQLConnectionManager.add_query = counted

from include.release import building, publishing, validation
from include.settings import load_settings

steps = {"building": building, "validation": validation, "publishing": publishing}
print("result", eval(sys.argv[2], {**steps, "settings": load_settings()}))
print(done)
"""
_RUNNING_BUILDS = "select count(*) from ops.build where status in ('running', 'built', 'validated')"
_LEFT_BEHIND = {
    "builds": _RUNNING_BUILDS,
    "half-built relations": "select count(*) from pg_class where relname ~ '__dbt_(tmp|backup)'",
    "locks": "select count(*) from pg_locks where locktype = 'advisory'",
    "temporary tables": "select count(*) from pg_class where relpersistence = 't'",
    "connections": "select count(*) from pg_stat_activity where datname = current_database()"
    " and usename in ('loader', 'transformer', 'publisher')",
    "rows of no release": "select count(*) from store.market_share where valid_from_release >"
    " (select release_id from store.current_release)",
}


class Run(NamedTuple):
    """How a process ended; ``steps`` of one that came to its end."""

    was_killed: bool
    result: str
    steps: int


def start(settings: Settings, action: str, at: int = 0) -> subprocess.Popen[str]:
    """Evaluate ``action``, which names the release's modules and ``settings``, killed before step ``at``."""
    return subprocess.Popen(
        [sys.executable, "-c", _KILLER, str(at), action],
        env={**os.environ, **environment(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(settings: Settings, action: str, at: int = 0) -> Run:
    """Evaluate ``action`` in a process of its own."""
    process = start(settings, action, at)
    out, errors = process.communicate(timeout=300)
    if process.returncode == -signal.SIGKILL:
        return Run(was_killed=True, result="", steps=0)
    assert process.returncode == 0, errors
    *_, said, steps = out.splitlines()
    return Run(was_killed=False, result=said.removeprefix("result "), steps=int(steps))


def seen(settings: Settings) -> dict[str, list[str]]:
    """Every row that readers see of every mart; of release_info what does not depend on the moment."""
    marts = [name for (name,) in query(settings, "select viewname from pg_views where schemaname = 'marts'")]
    by_the_moment = ["release_id", "published_at", "last_load_id"]
    return contents(settings, [f"marts.{name}" for name in sorted(marts)], by_the_moment)


def left(settings: Settings) -> dict[str, int]:
    """What no run should leave behind, counted."""
    counted = {what: one(settings, statement) for what, statement in _LEFT_BEHIND.items()}
    return {what: count for what, count in counted.items() if count}


def state(settings: Settings) -> dict[str, Any]:
    """All that a publish has to do with, so that two ways to the same release can be compared.

    Releases go by their place in the order: a publish that was rolled back leaves a gap in their numbers.
    """
    stored = [
        name
        for (name,) in query(
            settings,
            "select tablename from pg_tables where schemaname = 'store' and tablename <> 'current_release'",
        )
    ]
    place = "(select count(*) from ops.release where release_id {})"
    return {
        "marts": seen(settings),
        "store": {
            name: query(
                settings,
                "select (to_jsonb(s) - '{valid_from_release,valid_to_release}'::text[])::text,"
                f" {place.format('<= valid_from_release')}, {place.format('< valid_to_release')}"
                f" from store.{name} as s order by 1, 2, 3",
            )
            for name in sorted(stored)
        },
        "kept by month": contents(settings, _tables(settings, "intermediate"), ["_load_id"]),
        "relations": query(
            settings,
            "select relnamespace::regnamespace::text as schema, relname, relkind from pg_class"
            " where relkind in ('r', 'v') and relnamespace::regnamespace::text"
            " in ('staging', 'intermediate', 'reference', 'candidate') order by 1, 2",
        ),
        "releases": query(
            settings,
            "select data_cutoff, loads, code_version, rows_changed from ops.release order by release_id",
        ),
        "changes": contents(settings, ["ops.release_change"], ["release_id"]),
        "is current": query(
            settings,
            "select release_id = (select release_id from store.current_release) from ops.release order by 1",
        ),
        "switches": one(settings, "select count(*) from ops.release_switch"),
    }


def _tables(settings: Settings, schema: str) -> list[str]:
    found = query(settings, "select tablename from pg_tables where schemaname = %s order by 1", schema)
    return [f"{schema}.{name}" for (name,) in found]
