"""Readers who ask without a pause while releases come, and count what they must never see."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, LiteralString

import psycopg

from bench import stamped
from bench.stamped import READ, Look, looking_at
from include.settings import Role, Settings
from include.warehouse.connection import connect

_INFO: LiteralString = "select code_version::bigint from marts.release_info"
_INFO_AS_LOOK = f"select '', 1, number, number, number from ({_INFO}) as info (number)"
_AT_ONCE = " union all ".join([*map(looking_at, READ), _INFO_AS_LOOK])
_PAUSE_S = 0.004  # at most, between two queries of one transaction: a release falls between some of them

# What one transaction saw: a look at each mart, and the number that release_info gave.
Sight = tuple[list[Look], int]


@dataclass
class Seen:
    """What all readers counted; ``errors`` and ``mixed`` hold a line of text for each case."""

    errors: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    statements: Counter[str] = field(default_factory=Counter)
    transactions: Counter[str] = field(default_factory=Counter)
    newest: int = 0
    overtaken: int = 0
    releases: set[int] = field(default_factory=set)
    slowest_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, kind: str, sight: Sight, begun_at: int, wanted: int | None) -> None:
        """All marts of a transaction must be whole, and of the release that release_info names (or a pin)."""
        looks, info = sight
        with self._lock:
            self.transactions[kind] += 1
            self.overtaken += begun_at != self.newest
            self.releases.add(info)
            if {look.release() for look in looks} != {info} or wanted not in (None, info):
                self.mixed.append(f"{kind}: release_info {info}, pinned {wanted}, marts {looks}")

    def count(self, kind: str, seconds: float) -> None:
        """One statement was answered."""
        with self._lock:
            self.statements[kind] += 1
            self.slowest_s = max(self.slowest_s, seconds)

    def fail(self, kind: str, error: psycopg.Error) -> None:
        """A reader was told that something went wrong."""
        with self._lock:
            self.errors.append(f"{kind}: {type(error).__name__}: {error}")


@dataclass
class Reader:
    """One person's or tool's way of asking."""

    kind: str
    settings: Settings
    role: Role
    seen: Seen

    def run(self, done: threading.Event) -> None:
        """Ask until ``done``."""
        try:
            if self.kind == "newcomer":
                while not done.is_set():
                    with connect(self.settings, self.role, autocommit=True) as connection:
                        self._look(connection, None)
            else:
                with connect(self.settings, self.role, autocommit=True) as connection:
                    pinned = self._pin(connection) if self.kind == "pinned" else None
                    while not done.is_set():
                        self._look(connection, pinned)
        except psycopg.Error as error:
            self.seen.fail(self.kind, error)

    def _pin(self, connection: psycopg.Connection) -> int:
        ((release_id, number),) = self._ask(
            connection, "select release_id, code_version::bigint from marts.release_info"
        )
        connection.execute("select set_config('textile.release', %s, false)", [str(release_id)])
        return int(number)

    def _look(self, connection: psycopg.Connection, pinned: int | None) -> None:
        begun_at = self.seen.newest
        if self.kind == "autocommit":
            *looks, info = (Look(*row) for row in self._ask(connection, _AT_ONCE))
            sight = looks, info.lowest
        else:
            with connection.transaction():
                if self.kind == "repeatable read":
                    connection.execute("set transaction isolation level repeatable read")
                sight = self._one_by_one(connection)
        self.seen.judge(self.kind, sight, begun_at, pinned)

    def _one_by_one(self, connection: psycopg.Connection) -> Sight:
        """A statement for each mart and for release_info, in any order."""
        looks, number = [], -1
        questions = [_INFO, *map(looking_at, READ)]
        random.shuffle(questions)
        for question in questions:
            (row,) = self._ask(connection, question)
            if question == _INFO:
                (number,) = row
            else:
                looks.append(Look(*row))
            time.sleep(random.uniform(0, _PAUSE_S))  # noqa: S311 - a pause
        return looks, number

    def _ask(self, connection: psycopg.Connection, question: str) -> list[tuple[Any, ...]]:
        begin = time.perf_counter()
        rows: list[tuple[Any, ...]] = connection.execute(question.encode()).fetchall()
        self.seen.count(self.kind, time.perf_counter() - begin)
        return rows


# Half of them in single statements; every kind in either role.
KINDS = (
    *("autocommit", "read committed", "autocommit", "repeatable read"),
    *("autocommit", "pinned", "autocommit", "newcomer"),
)


@contextmanager
def busy(settings: Settings, count: int) -> Iterator[Seen]:
    """``count`` readers of all kinds in threads with connections of their own, at work until the end."""
    seen, done = Seen(), threading.Event()
    kinds = islice(cycle(KINDS), count)
    roles = islice(cycle((Role.ANALYST, Role.ANALYST, Role.BI_READER, Role.BI_READER)), count)
    threads = [
        threading.Thread(target=Reader(kind, settings, role, seen).run, args=[done], daemon=True)
        for kind, role in zip(kinds, roles, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        for thread in threads:
            thread.join(60)


def among_releases(settings: Settings, count: int, releases: int) -> tuple[Seen, list[float]]:
    """Publish the stamped marts ``releases`` times among busy readers; what they saw, seconds a publish."""
    took = []
    with busy(settings, count) as seen, connect(settings, Role.PUBLISHER, autocommit=True) as connection:
        for number in range(1, releases + 1):
            begin = time.perf_counter()
            stamped.publish(connection, settings, number)
            took.append(time.perf_counter() - begin)
            seen.newest = number
    return seen, took
