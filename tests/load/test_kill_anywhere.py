"""A loader that is killed with -9 at its n-th statement, in every phase, and then run again.

The loader runs in its own process; only its connection is replaced, to count statements and to kill.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from samples import business_state, environment, load, one, order, orders, query, write

from include.settings import Settings

KILLER = """
import os, signal, sys
import psycopg
from pathlib import Path

at = int(sys.argv[1])
done = 0

class Counting(psycopg.Connection):
    def execute(self, *arguments, **options):
        global done
        done += 1
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments, **options)

psycopg.connect = Counting.connect
from include.load import loading
from include.settings import load_settings
for result in loading.load_files(load_settings(), "enterprise_orders", map(Path, sys.argv[2:])):
    print(result.status)
print(done)
"""
# Of some sixty statements, spread over all phases; TEXTILE_KILL_EVERYWHERE=1 tries each one.
SAMPLED = (3, 10, 18, 26, 34, 42, 49, 56)
FILES = {
    "a.csv": [*orders(8), order(行号="0"), order(行号="3", 更新时间="2020-09-05 08:00:00", 品名="改")],
    "b.csv": [*orders(4, 订单号="SO-2"), *orders(2)],
}


def loader(settings: Settings, at: int) -> subprocess.CompletedProcess[str]:
    paths = [write(settings.landing_dir / "enterprise_orders" / name, rows) for name, rows in FILES.items()]
    return subprocess.run(
        [sys.executable, "-c", KILLER, str(at), *paths],
        env={**os.environ, **environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )


def state(settings: Settings) -> tuple[object, ...]:
    counts = "select file_name, status, rows_in, accepted, unchanged, quarantined from ops.load"
    return (
        business_state(settings, "enterprise_orders"),
        query(settings, "select order_no, line_no, product_name from raw.enterprise_orders_history"),
        query(settings, "select file_name, line_no, rule_codes from ops.quarantine"),
        query(settings, f"{counts} where status = 'accepted' order by file_name"),
        query(
            settings,
            "select enterprise_uscc, sum(rows_in), sum(accepted) from ops.load_enterprise group by 1",
        ),
    )


@pytest.fixture(scope="module")
def clean(new_warehouse: Callable[[], Settings]) -> tuple[int, tuple[object, ...]]:
    """The number of statements of an uninterrupted load, and the state after it."""
    settings = new_warehouse()
    done = loader(settings, 0)
    *statuses, statements = done.stdout.split()
    assert statuses == ["accepted", "accepted"], done.stderr
    return int(statements), state(settings)


def statement_numbers() -> tuple[int, ...]:
    return tuple(range(1, 200)) if os.environ.get("TEXTILE_KILL_EVERYWHERE") else SAMPLED


@pytest.mark.parametrize("at", statement_numbers())
def test_killed_at_a_statement_and_run_again_is_one_clean_load(
    at: int, clean: tuple[int, tuple[object, ...]], new_warehouse: Callable[[], Settings]
) -> None:
    statements, wanted = clean
    if at > statements:
        assert os.environ.get("TEXTILE_KILL_EVERYWHERE"), f"only {statements} statements: sample others"
        return
    settings = new_warehouse()
    assert loader(settings, at).returncode == -signal.SIGKILL
    waiting = sorted((settings.landing_dir / "enterprise_orders").iterdir())
    again = load(settings, "enterprise_orders", *waiting)
    assert {result.status for result in again} <= {"accepted", "duplicate"}
    assert state(settings) == wanted
    assert one(settings, "select count(*) from pg_class where relnamespace = 'load'::regnamespace") == 0
    assert one(settings, "select count(*) from ops.load where status = 'running'") == 0
    assert list((settings.landing_dir / "enterprise_orders").iterdir()) == []
