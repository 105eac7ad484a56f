"""Try a profile on a file before anything is loaded.

The file is loaded by the same code as any other, into a warehouse that the caller throws away.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from include.errors import ContractError, UnreadableFileError
from include.load import drop_folder, file_guard, load_log, rejected_rows
from include.load.batch import validate_and_load
from include.load.delivery import Delivery
from include.settings import Role, Settings
from include.sources import read
from include.sources.contract import contract
from include.sources.counts import ReadCounts
from include.sources.manifest import manifest
from include.sources.mapping import origins
from include.sources.profile import PROFILES_DIR, Profile, read_profile
from include.warehouse.connection import connect

MOST_ROWS = 3
MOST_EXAMPLES = 5


@dataclass
class Check:
    """What a load of the file would do.

    ``header`` are the file's own columns, ``columns`` says where each canonical column's values come from
    (missing where it has none), ``unused`` are the file's columns that nothing reads. ``before`` and
    ``after`` are the first rows as delivered and as typed. ``rules`` counts the rows that break each rule,
    ``examples`` are some of them.
    """

    result: load_log.FileResult
    header: list[str] = field(default_factory=list)
    columns: dict[str, str | None] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)


def find_profile(name: str) -> Profile:
    """A profile by the path of its file, or by its name in the project; ContractError when there is none."""
    path = Path(name)
    if not path.is_file():
        path = PROFILES_DIR / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in PROFILES_DIR.glob("*.yml")))
        raise ContractError(f"{name}: no such file, and no profile of that name; there are: {known}")
    return read_profile(path)


def check(settings: Settings, profile: Profile, path: Path) -> Check:
    """Read and validate a file as a load into the warehouse of ``settings`` would; the file is not moved."""
    of = contract(profile.source)
    file = drop_folder.fingerprint(path.resolve(), settings.home / "landing")
    if file.problem:
        raise file.problem
    with connect(settings, Role.LOADER, autocommit=True) as connection:
        load_id = load_log.begin(connection, of.source, None, file, None)
        delivery = Delivery(
            file, profile, load_log.FileResult(load_id, file.display_name, file.sha256, "running")
        )
        validate_and_load(settings, connection, of, [delivery])
        found = Check(delivery.result, unused=list(delivery.unknown_columns))
        _add_rejects(found, settings, load_id)
    with tempfile.TemporaryDirectory(dir=settings.home) as scratch:
        _add_first_rows(found, profile, path.resolve(), Path(scratch))
    return found


def _add_rejects(found: Check, settings: Settings, load_id: int) -> None:
    counts: Counter[str] = Counter()
    if found.result.status == "refused" and not found.result.rows_in:
        return  # no row was validated: the verdict says why
    for row in rejected_rows.rows(settings, load_id):
        counts.update(row["rule_codes"])
        if len(found.examples) < MOST_EXAMPLES:
            columns = ("place", "raw_line", "reason_zh", "reason_en")
            found.examples.append(
                {"rules": ", ".join(row["rule_codes"])} | {name: row[name] for name in columns}
            )
    found.rules = dict(counts.most_common())


def _add_first_rows(found: Check, profile: Profile, path: Path, scratch: Path) -> None:
    """Add the first rows as delivered and as typed, if the file can be read."""
    of = contract(profile.source)
    try:
        with file_guard.of_file(path.name):
            file = read.DeliveredFile(path, of, profile, manifest(path, of), scratch)
            first = next(iter(read.blocks(file, ReadCounts())), None)
            if first is None:
                return
            typed = first.rows.head(MOST_ROWS)
            records = islice(read.records(file, typed["_line_no"]), MOST_ROWS)
            found.before = [{"place": r.place} | (r.cells or {"": r.raw_line}) for r in records]
            found.after = typed.select(of.names).to_dicts()
            found.header = [name for name in found.before[0] if name != "place"] if found.before else []
            found.columns = origins(found.header, path.name, file.contract, profile, file.manifest.values)
    except UnreadableFileError:
        return  # the verdict says why
