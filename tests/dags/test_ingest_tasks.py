"""The tasks of an ingest run, each called as Airflow calls it, on a real warehouse."""

from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from samples import orders, query, write

from include.settings import Settings

INGEST = "ingest_enterprise_orders"


def deliver_good(settings: Settings, path: str) -> Path:
    return write(settings.landing_dir / "enterprise_orders" / path, orders(3, 订单号="SO-77"))


def deliver_bad(settings: Settings, path: str) -> Path:
    target = settings.landing_dir / "enterprise_orders" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("<!DOCTYPE html><html></html>", "utf-8")
    return target


@pytest.mark.parametrize("last", ["good", "bad"])
def test_a_file_does_not_hide_behind_one_of_the_same_name_in_another_folder(at, ask, last):
    if last == "bad":
        deliver_good(at, "orders.csv")
    deliver_bad(at, "merchant_retail/orders.csv")
    if last == "good":
        deliver_good(at, "orders.csv")
    assert ask(INGEST, "find", "run")
    counts = ask(INGEST, "load", "run")
    assert (counts["files_accepted"], counts["files_refused"], counts["rows_accepted"]) == (1, 1, 3)
    ask(INGEST, "announce", "run")
    with pytest.raises(AirflowFailException, match=r"1 of 2 files .*\n- merchant_retail/orders\.csv: "):
        ask(INGEST, "report_refusals", "run")


def test_a_file_accepted_before_a_refused_one_of_the_same_name_is_announced(at, ask):
    deliver_good(at, "orders.csv")
    ask(INGEST, "load", "run")
    query(at, "update ops.build set started_at = clock_timestamp()")  # as if it were published already
    deliver_bad(at, "orders.csv")
    counts = ask(INGEST, "load", "run")
    assert (counts["files_accepted"], counts["files_refused"]) == (0, 1)
    ask(INGEST, "announce", "run")


def test_a_run_without_files_has_nothing_to_do(at, ask):
    assert not ask(INGEST, "find", "run")
    with pytest.raises(AirflowSkipException, match="nothing to announce"):
        ask(INGEST, "announce", "run")


@pytest.mark.parametrize("left", ["in the drop folder", "in the archive"])
def test_files_of_a_run_that_ended_before_it_announced_them_are_announced_by_the_next(at, ask, left):
    deliver_good(at, "orders.csv")
    ask(INGEST, "load", "killed")
    if left == "in the drop folder":
        deliver_good(at, "orders.csv")
    assert ask(INGEST, "find", "next")
    assert ask(INGEST, "load", "next")["files_accepted"] == 0
    ask(INGEST, "announce", "next")
    # No other source announces them.
    assert not ask("ingest_customs_exports", "find", "next")


def test_a_cleared_run_with_a_refused_file_fails_again(at, ask):
    deliver_bad(at, "orders.csv")
    for _ in "first", "cleared":
        assert ask(INGEST, "find", "run")
        ask(INGEST, "load", "run")
        with pytest.raises(AirflowSkipException):
            ask(INGEST, "announce", "run")
        with pytest.raises(AirflowFailException, match="1 of 1 files of enterprise_orders refused"):
            ask(INGEST, "report_refusals", "run")
    assert not ask(INGEST, "find", "another run")
