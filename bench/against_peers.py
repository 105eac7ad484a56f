"""What others need for the same file: read, cast to the same types, into a table of their own making."""

import shutil
from pathlib import Path
from typing import NamedTuple

from bench import files, ours, peer_process
from bench.raw_copy import columns, raw_copy_s
from bench.timing import Results, Run, median, ratio, say, seconds
from include.settings import Role, Settings
from include.warehouse.connection import connect, scalar

_SCHEMA = "peers"


class Peer(NamedTuple):
    """A peer's script, the part of the bench's lines that it gets (``1 / share``), and its rounds."""

    name: str
    script: str
    share: int
    slow: bool = False  # once is enough to see where it stands


PEERS = (
    Peer("dlt", "dlt_arrow.py", share=2),
    Peer("pg-bulk-ingest", "bulk_ingest.py", share=2),
    Peer("pandas to_sql", "pandas_to_sql.py", share=10, slow=True),
)


def measure(run: Run) -> Results:
    """By peer: lines, seconds, and the ratio to raw COPY of the same bytes, in turns with our read + COPY."""
    if not peer_process.installed():
        say("the peers are not installed: run `make bench`")
        return {}
    folder = run.settings.home / "peers"
    folder.mkdir()
    result: Results = {}
    for peer in PEERS:
        try:
            result[peer.name] = _measure(run, peer, folder)
        except peer_process.PeerError as error:
            say(f"{peer.name} is left out: {error}")
    shutil.rmtree(folder)
    return result


def _measure(run: Run, peer: Peer, folder: Path) -> Results:
    settings, lines = run.settings, run.lines // peer.share
    rounds = 1 if peer.slow else run.rounds
    path = files.make(folder / "declarations.csv", lines)
    copied: list[float] = []
    own: list[float] = []
    took: list[float] = []
    version = ""
    for turn in range(rounds):
        say(f"{peer.name} with {lines:,} lines: turn {turn + 1} of {rounds}")
        copied.append(raw_copy_s(settings, path, files.ENCODING, lines))
        own.append(seconds(lambda: ours.read_and_copy(settings, files.SOURCE, path), lines))
        answer = _load(settings, peer, path, lines)
        took.append(answer["seconds"])
        version = answer["version"]
    return {
        "version": version,
        "lines": lines,
        "rounds": rounds,
        "raw_copy_s": median(copied),
        "our_read_and_copy_s": median(own),
        "load_s": median(took),
        "ratio": ratio(median(took), median(copied)),
        "our_ratio": ratio(median(own), median(copied)),
    }


def _load(settings: Settings, peer: Peer, path: Path, lines: int) -> Results:
    """One load by the peer into an empty schema; its answer, once all rows are there."""
    job = {
        "dsn": settings.dsn(Role.ADMIN),
        "file": str(path),
        "encoding": files.ENCODING,
        "schema": _SCHEMA,
        "table": files.SOURCE,
        "columns": [[h, c.name, c.postgres_type] for h, c in columns(path, files.ENCODING).items()],
    }
    home = path.parent / "home"
    home.mkdir(exist_ok=True)
    with connect(settings, Role.ADMIN, autocommit=True) as connection:
        connection.execute(f"drop schema if exists {_SCHEMA} cascade; create schema {_SCHEMA}")
        answer = peer_process.run(peer.script, job, home)
        assert answer is not None
        found = scalar(connection, f"select count(*) from {_SCHEMA}.{files.SOURCE}")
        if found != lines:
            raise peer_process.PeerError(f"{found:,} rows of {lines:,} are there")
        connection.execute(f"drop schema {_SCHEMA} cascade")
    shutil.rmtree(home)
    return answer
