"""Marts with a defect on purpose, and the release rules that then fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from expectations.identities import identities
from expectations.marts import suite_of
from include.quality.gate import Gate
from include.settings import Role, Settings


def failing_rules(settings: Settings, scratch: Path, *marts: str) -> set[str]:
    """The rules that fail on these marts, identities included, as the publisher sees it."""
    gate = Gate(settings.dsn(Role.PUBLISHER), scratch / "docs")
    results = [r for mart in marts for r in gate.validate("candidate", mart, suite_of(mart), [])]
    of_all = Gate(settings.dsn(Role.PUBLISHER), scratch / "identities")
    results += of_all.validate("candidate", "market_share", identities(), [])
    assert {result.severity for result in results} == {"critical"}
    assert all(result.zh and result.en for result in results)
    return {result.rule for result in results if not result.success}


@contextmanager
def spoiled(settings: Settings, mart: str, change: str) -> Iterator[None]:
    """The candidate with one defect, which is undone afterwards."""
    others = ("raw.customs_exports", "intermediate.int_releases__first_figures")
    touched = next((table for table in others if f" {table} " in change), f"candidate.{mart}")
    with psycopg.connect(settings.dsn(Role.ADMIN), autocommit=True) as admin:
        admin.execute(f"create temporary table good as select * from {touched}".encode())
        try:
            assert admin.execute(change.encode()).rowcount > 0
            yield
        finally:
            admin.execute(f"truncate {touched}".encode())
            admin.execute(f"insert into {touched} select * from good".encode())
