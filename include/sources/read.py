"""A delivered file as typed blocks: kind, encoding, tables, profile, manifest, cast."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from include.errors import UnreadableFileError
from include.sources import text_files, workbooks
from include.sources.cast import cast
from include.sources.containers import Part, parts
from include.sources.contract import Contract
from include.sources.counts import ReadCounts
from include.sources.manifest import Manifest
from include.sources.mapping import extra, to_contract, wanted_rows
from include.sources.notation import Notation
from include.sources.profile import Profile, named_groups
from include.sources.tables import OUR_COLUMNS, Piece, TableBlock, table_blocks

# Pieces whose lines are numbered from 1 after the given offset.
PiecesAfter = Callable[[int], Iterable[Piece]]


@dataclass(frozen=True)
class DeliveredFile:
    """A file with its contract, profile and manifest; archives are unpacked below ``scratch``."""

    path: Path
    contract: Contract
    profile: Profile
    manifest: Manifest
    scratch: Path


@dataclass(frozen=True)
class Block:
    """Typed rows of a file: canonical columns, ``_line_no``, ``_findings``, ``_extra`` (JSON or missing).

    ``place`` names their table, ``delivered`` is the number of rows of it in the block, including skipped
    ones.
    """

    rows: pl.DataFrame
    unknown_columns: tuple[str, ...]
    place: str
    delivered: int


@dataclass(frozen=True)
class Record:
    """A row as delivered: its position, its text, and its cells by the file's own header.

    ``cells`` is None for a row that has more or fewer fields than the header.
    """

    line_no: int
    place: str
    raw_line: str
    cells: dict[str, str] | None


@dataclass(frozen=True)
class _FoundBlock:
    """A table block, its place in words, the offset of its line numbers, and the values from names."""

    block: TableBlock
    place: str
    offset: int
    from_names: dict[str, str]


def blocks(file: DeliveredFile, counts: ReadCounts) -> Iterator[Block]:
    """Read a file in typed blocks; UnreadableFileError when it cannot be this source's file.

    Rows are numbered by their line in the file, or their row in the sheet; where a file has several sheets or
    members, numbering continues from one to the next. ``counts``: skipped rows and repaired values.
    """
    notation = Notation.of(file.profile)
    name = file.path.name
    for found in _tables(file, counts):
        text = wanted_rows(found.block.rows, name, file.profile, counts)
        given = {**file.profile.constants, **found.from_names, **file.manifest.values}
        mapped, unknown = to_contract(text, name, file.contract, file.profile, given)
        typed = cast(mapped, file.contract, notation, counts)
        _check_manifest(typed, file, notation)
        rows = typed.with_columns(extra(text, unknown))
        yield Block(rows, unknown, found.place, found.block.rows.height)


def records(file: DeliveredFile, lines: pl.Series) -> Iterator[Record]:
    """The rows whose numbers are in ``lines``, as delivered and in file order; reads the file once more."""
    for found in _tables(file, ReadCounts()):
        rows = found.block.rows
        following = rows["_line_no"].shift(-1, fill_value=found.block.end_line)
        is_wanted = rows["_line_no"].is_in(lines.implode())
        if not is_wanted.any():
            continue
        wanted = rows.filter(is_wanted)
        extents = list(zip(wanted["_line_no"], following.filter(is_wanted), strict=True))
        cells = wanted.drop(OUR_COLUMNS)
        for (line_no, _), raw, values, ragged in zip(
            extents, found.block.piece.raw(extents), cells.iter_rows(), wanted["_ragged"], strict=True
        ):
            by_header = None if ragged else {n: v or "" for n, v in zip(cells.columns, values, strict=True)}
            yield Record(line_no, f"{found.place} {line_no - found.offset}", raw, by_header)


def _tables(file: DeliveredFile, counts: ReadCounts) -> Iterator[_FoundBlock]:
    """Every wanted table of every sheet of every member; line numbers continue from one to the next."""
    profile = file.profile
    with parts(file.path, profile, file.scratch) as members:
        last = 0
        for part in members:
            names = [part.name.removesuffix(f" in {file.path.name}"), file.path.name]
            from_file = _values_in_name(profile.from_file_name, names, f"{part.name}: its name")
            for pieces_after, sheet in _sheets(part, profile, counts):
                from_names = from_file | _values_in_name(
                    profile.from_sheet_name, [sheet], f"{part.name}: the sheet's name {sheet}"
                )
                place = ", ".join(filter(None, [part.place, f"sheet {sheet}, row" if sheet else "line"]))
                offset = last
                for block in table_blocks(pieces_after(offset), profile.layouts, part.name, counts):
                    last = int(block.rows["_line_no"][-1]) if block.rows.height else last
                    yield _FoundBlock(block, place, offset, from_names)


def _sheets(part: Part, profile: Profile, counts: ReadCounts) -> Iterator[tuple[PiecesAfter, str]]:
    """The pieces of a text file, or of each sheet of a workbook with its name, for a given offset."""
    if part.kind == "text":
        yield partial(text_files.pieces, part, profile, counts), ""
        return
    for name, sheet in workbooks.sheets(part, profile, counts):
        yield partial(workbooks.pieces, sheet, part.name, profile.decimal, counts), name


def _values_in_name(pattern: str | None, names: list[str], what: str) -> dict[str, str]:
    """Column -> value, as a pattern of the profile finds them in the first of ``names`` that fits."""
    if pattern is None:
        return {}
    for name in names:
        if found := {
            column: value for column, value in named_groups(pattern, name).items() if value is not None
        }:
            return found
    raise UnreadableFileError(
        "name_unexpected",
        f"{what} does not fit the profile's pattern {pattern}; rename it, or correct the profile",
    )


def _check_manifest(typed: pl.DataFrame, file: DeliveredFile, notation: Notation) -> None:
    """UnreadableFileError when a value of the manifest is wrong or differs from the file's own."""
    for name, value in file.manifest.values.items():
        one = pl.DataFrame(
            {c: [value if c == name else None] for c in file.contract.names},
            schema_overrides=dict.fromkeys(file.contract.names, pl.String),
        ).with_columns(_line_no=1, _ragged=False, _is_total=False, _is_header=False, _meets=False)
        expected = cast(one, file.contract, notation, ReadCounts())[name][0]
        if expected is None:
            raise UnreadableFileError(
                "manifest_wrong",
                f"{file.path.name}.yml: {name}: {value!r} cannot be read, or is not in its code list",
            )
        in_file = typed[name].drop_nulls().unique().to_list()
        if in_file and in_file != [expected]:
            raise UnreadableFileError(
                "manifest_contradicts",
                f"{file.path.name}: the manifest says {name} = {value}, the file says {in_file[0]}; "
                "correct the manifest",
            )
