"""The gated load onto ten times as many lines of history, compared with the load onto none."""

import shutil
from functools import partial
from pathlib import Path

from bench import files, ours
from bench.raw_copy import raw_copy_s
from bench.timing import Results, Run, median, ratio, say, seconds
from include.settings import Role, Settings
from include.warehouse.connection import connect, scalar

TIMES = 10
_YEARS_BACK = TIMES - 1
# What differs in the same item of another year; %(back)s is how many years ago.
_OF_THE_YEAR = {
    "declaration_no": "overlay(declaration_no placing"
    " (substr(declaration_no, 5, 4)::integer - %(back)s)::text from 5 for 4)",
    "export_date": "(export_date - make_interval(years => %(back)s))::date",
    "updated_at": "updated_at - make_interval(years => %(back)s)",
}


def measure(run: Run) -> Results:
    """Median seconds of raw COPY and of the load, in turns; each turn brings the items that follow.

    Loads onto history and onto none are compared by their ratios to the raw COPY of their own turns.
    """
    settings, lines, source = run.settings, run.lines, files.SOURCE
    folder = settings.home / "history"
    folder.mkdir()
    history = fill(settings, folder, lines)
    copied: list[float] = []
    loaded: list[float] = []
    for turn in range(1, run.rounds + 1):
        say(f"load of {lines:,} lines onto {history + (turn - 1) * lines:,}: turn {turn} of {run.rounds}")
        path = files.make(folder / f"declarations_{turn}.csv", lines, after=turn * lines)
        copied.append(raw_copy_s(settings, path, files.ENCODING, lines))
        loaded.append(seconds(partial(ours.load, settings, source, path), lines))
        path.unlink()
    shutil.rmtree(folder)
    ours.empty(settings, source)
    over_raw_copy = ratio(median(loaded), median(copied))
    return {
        "history_rows": history,
        "raw_copy_s": median(copied),
        "gated_load_s": median(loaded),
        "gated_load_ratio": over_raw_copy,
        "ratio_to_empty": ratio(over_raw_copy, run.results["load"]["gated_load_ratio"]),
    }


def fill(settings: Settings, folder: Path, lines: int) -> int:
    """Load one file, and put the same items of nine earlier years beside it; returns the rows of history.

    Only the file goes through the gate: the other years are there to be searched, and made in SQL.
    """
    path = files.make(folder / "declarations.csv", lines)
    ours.load(settings, files.SOURCE, path)
    path.unlink()
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select column_name from information_schema.columns where table_schema = 'raw'"
                " and table_name = %s and is_generated = 'NEVER' order by ordinal_position",
                [files.SOURCE],
            )
        ]
        values = ", ".join(_OF_THE_YEAR.get(name, name) for name in names)
        for back in range(1, _YEARS_BACK + 1):
            say(f"history: {back} of {_YEARS_BACK} earlier years")
            connection.execute(
                f"insert into raw.{files.SOURCE} ({', '.join(names)}) select {values} from raw.{files.SOURCE}"
                f" where substr(declaration_no, 5, 4) = '{files.YEAR}'".encode(),
                {"back": back},
            )
        connection.execute(f"vacuum (analyze) raw.{files.SOURCE}".encode())
        connection.execute("checkpoint")
        rows: int = scalar(connection, f"select count(*) from raw.{files.SOURCE}")
    assert rows == TIMES * lines
    return rows
