"""Propose a profile for a file: where the table begins, and which column is which.

A load does not use this. Likely columns are marked as a guess, and missing ones are named.
"""

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

import yaml
from stdnum.cn import uscc

from include.errors import ContractError
from include.sources import encodings, workbooks
from include.sources.containers import Part, parts
from include.sources.contract import Column, Contract, contract, sources
from include.sources.counts import ReadCounts
from include.sources.lookups import fold, words
from include.sources.profile import Profile
from include.sources.tables import TOTALS, joined_titles
from include.sources.text_files import DELIMITERS

_WORDS = Path(__file__).parent / "header_words.yml"
_LIKE_A_HEADER = 0.8
_SEARCHED_ROWS = 30
_SAMPLE_ROWS = 200
_HEADER_WORDS = 3

Rows = list[list[str]]


@dataclass
class Proposal:
    """The profile as YAML, and the canonical columns that are guessed or missing."""

    text: str
    source: str
    guessed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Grid:
    """The first rows of a text file or a sheet as cells; ``others`` are the workbook's other sheets."""

    rows: Rows
    delimiter: str | None = None
    sheet: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Draft:
    """A table found in a grid for a contract: canonical column -> (header, whether it is certain)."""

    of: Contract
    grid: _Grid
    at: int
    header_rows: int
    header: list[str]
    matched: dict[str, tuple[str, bool]]

    @property
    def body(self) -> Rows:
        """The rows below the header."""
        return self.grid.rows[self.at + self.header_rows :]

    @property
    def score(self) -> float:
        """Higher is better: certain columns count most; then a header of one row."""
        return sum(1.0 if sure else 0.6 for _, sure in self.matched.values()) - 0.1 * self.header_rows


def propose(path: Path, source: str | None, scratch: Path) -> Proposal:
    """A draft for the file, for the contract ``source`` or the one that fits best.

    UnreadableFileError when the file is no table, ContractError when no contract fits.
    """
    wanted = [contract(name) for name in ([source] if source else sources())]
    with parts(path, Profile(source=wanted[0].source), scratch) as members:
        grids = [grid for part in members for grid in _grids(part)]
    drafts = [
        _draft(of, grid, at, header_rows)
        for of in wanted
        for grid in grids
        for header_rows in (1, 2)
        for at in range(min(_SEARCHED_ROWS, len(grid.rows)) - header_rows + 1)
    ]
    best = max(drafts, key=lambda draft: draft.score, default=None)
    if best is None or not best.matched:
        raise ContractError(
            f"{path.name}: no row resembles a header of {', '.join(of.source for of in wanted)}; a table?"
        )
    return _written(path, best)


def _grids(part: Part) -> Iterator[_Grid]:
    if part.kind == "text":
        block = next(iter(encodings.decoded_blocks(part.path, part.name, None, ReadCounts())), b"")
        lines = [line.rstrip("\r") for line in block.decode().split("\n", _SAMPLE_ROWS)[:_SAMPLE_ROWS]]
        delimiter = max(DELIMITERS, key=lambda d: sorted(line.count(d) for line in lines)[len(lines) // 2])
        yield _Grid([row for row in csv.reader(lines, delimiter=delimiter) if any(row)], delimiter)
        return
    profile = Profile(source="enterprise_orders", sheets="all")
    opened = list(workbooks.sheets(part, profile, ReadCounts()))
    for name, sheet in opened:
        first = islice(sheet.iter_rows(), _SAMPLE_ROWS)
        rows = [[workbooks.cell_text(cell) for cell in row] for row in first]
        yield _Grid([row for row in rows if any(row)], None, name, tuple(n for n, _ in opened if n != name))


def _draft(of: Contract, grid: _Grid, at: int, header_rows: int) -> _Draft:
    header = joined_titles(grid.rows[at : at + header_rows])
    draft = _Draft(of, grid, at, header_rows, header, {})
    matched = draft.matched
    left = {fold(name): name for name in header if name}
    for sure in (True, False):
        for column in of.columns:
            if column.name not in matched and (name := _header_for(column, left, sure=sure)):
                matched[column.name] = (left.pop(name), sure)
    for column in of.columns:
        if column.name not in matched and (name := _header_by_content(column, draft, left)):
            matched[column.name] = (left.pop(name), False)
    return draft


@cache
def _hints() -> dict[str, list[str]]:
    found: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return found


def _header_for(column: Column, left: dict[str, str], *, sure: bool) -> str | None:
    """The folded header of a column: a known one if ``sure``, else a similar one."""
    known = [fold(word) for word in (*column.headers, column.name)]
    if sure:
        return next((word for word in known if word in left), None)
    likely = [_bare(word) for word in (*known, *_hints().get(column.name, []))]
    bare = {_bare(word): word for word in left}
    if exact := next((word for word in likely if word in bare), None):
        return bare[exact]
    # In a header of two rows, `数量 主数量`, the column's own name is the last word.
    last_words = {_bare(folded.rpartition(" ")[2]): folded for folded in left}
    if own := next((word for word in likely if word in last_words), None):
        return last_words[own]
    near = (hit for word in likely for hit in difflib.get_close_matches(word, bare, 1, _LIKE_A_HEADER))
    if hit := next(near, None):
        return bare[hit]
    ends = (folded for word in known for folded in left if len(word) > 1 and folded.endswith(word))
    return next(ends, None)


def _bare(word: str) -> str:
    """Letters and digits only: ``Invoice_Date``, ``InvoiceDate`` and ``invoice date`` are equal."""
    return re.sub(r"\W|_", "", fold(word))


def _header_by_content(column: Column, draft: _Draft, left: dict[str, str]) -> str | None:
    """A header whose values identify the column: enterprise codes, or words of a code list."""
    for folded, name in left.items():
        at = draft.header.index(name)
        values = {row[at].strip() for row in draft.body if at < len(row) and row[at].strip()}
        if not values:
            continue
        if column.check == "uscc" and all(uscc.is_valid(value) for value in values):
            return folded
        if column.codes and len(values) > 1 and all(fold(value) in words(column.codes) for value in values):
            return folded
    return None


def _written(path: Path, draft: _Draft) -> Proposal:
    of, grid = draft.of, draft.grid
    missing = [
        c.name
        for c in of.columns
        if c.required and c.name not in draft.matched and c.absent_as is None and not c.from_manifest
    ]
    guessed = [name for name, (_, sure) in draft.matched.items() if not sure]
    lines = [
        f"# Proposed from {path.name}. Look at every line with a #, then try it: textile profile check",
        f"source: {of.source}",
        f"description: {_quoted(path.stem)}",
    ]
    if grid.delimiter and grid.delimiter != ",":
        lines.append(f"delimiter: {_quoted(grid.delimiter)}")
    if grid.others:
        lines.append(f"sheets: [{_quoted(grid.sheet or '')}]  # not: {', '.join(grid.others)}")
    if draft.at:
        first_words = [cell.strip() for cell in grid.rows[draft.at] if cell.strip()][:_HEADER_WORDS]
        lines.append(f"header: [{', '.join(map(_quoted, first_words))}]  # {draft.at} rows above it")
    if draft.header_rows > 1:
        lines.append(f"header_rows: {draft.header_rows}")
    if totals := _totals(draft.body):
        lines.append(f"stop: [{', '.join(map(_quoted, totals))}]")
    foreign = {name: hit for name, hit in draft.matched.items() if not hit[1]}
    if foreign:
        lines.append("columns:")
        lines += [f"  {name}: [{_quoted(header)}]  # guessed" for name, (header, _) in foreign.items()]
    if of.line_column in missing:
        missing.remove(of.line_column)
        lines.append(
            "line_numbers: {}  # the file has none; `by: [...]` if some columns tell an order's lines apart"
        )
    if missing:
        lines.append(
            "# No column found for these. Name its header under columns, or give one value for all rows:"
        )
        lines.append("# constants:")
        lines += [f"#   {name}: ...  # {', '.join(of.column(name).headers)}" for name in missing]
    from_header = {target for c in of.columns if c.name in draft.matched for target in c.header_says}
    lines += [
        f"# {c.name} is not in the file: write it into the manifest beside each file, or below constants"
        for c in of.columns
        if c.from_manifest and c.name not in draft.matched and c.name not in from_header
    ]
    used = {header for header, _ in draft.matched.values()}
    if unused := [name for name in draft.header if name and name not in used]:
        lines.append(f"# Not used, stored beside the row: {', '.join(unused)}")
    return Proposal("\n".join([*lines, ""]), of.source, guessed, missing)


def _totals(body: Rows) -> list[str]:
    firsts = [next((cell.strip() for cell in row if cell.strip()), "") for row in body]
    return [word for word in TOTALS if any(first.lower().startswith(word) for first in firsts)]


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes, on one line."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()
