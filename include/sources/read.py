"""A delivered file as typed blocks: kind, encoding, headers, profile, manifest, cast."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from include.errors import UnreadableFileError
from include.sources import text_files, workbooks
from include.sources.cast import cast
from include.sources.contract import Contract
from include.sources.lookups import fold
from include.sources.profile import Manifest, Profile

MAX_COLUMNS = 1000
# Beside the file's own columns, these stand in every table of text.
_OUR_COLUMNS = ("_line_no", "_ragged")
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<table")
# First bytes of what is often taken for a table, and what to do about it.
_OTHER_KINDS = {
    bytes.fromhex(
        "d0cf11e0a1b11ae1"
    ): "an Excel 97-2003 or password-protected workbook; save it as XLSX or CSV",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"%PDF": "a PDF document; export the table as CSV or XLSX",
}


@dataclass(frozen=True)
class Block:
    """Typed rows of a file: canonical columns, ``_line_no``, ``_findings``, ``_extra`` (JSON or missing)."""

    rows: pl.DataFrame
    unknown_columns: tuple[str, ...]
    encoding: str | None


def blocks(path: Path, contract: Contract, profile: Profile, manifest: Manifest) -> Iterator[Block]:
    """Read a file in typed blocks; UnreadableFileError when it cannot be this source's file."""
    texts = _text_blocks(path, profile)
    if profile.number_lines_within:  # an order's lines may lie in two blocks
        whole = list(texts)
        texts = iter([(whole[0][0], pl.concat([t for _, t in whole], how="vertical"))] if whole else [])
    given = {**profile.constants, **manifest.values}
    for encoding, text in texts:
        mapped, unknown = _to_contract(text, path, contract, profile, given)
        typed = cast(mapped, contract, profile.words)
        _check_manifest(typed, path, contract, profile, manifest)
        yield Block(typed.with_columns(_extra(text, unknown)), unknown, encoding)


def raw_records(path: Path, encoding: str | None, extents: dict[int, int | None]) -> dict[int, str]:
    """The raw text of rows by the number of their first line; ``extents`` tells where the next one begins."""
    if encoding is None:
        return workbooks.raw_records(path, set(extents))
    return text_files.raw_records(path, encoding, extents)


def _text_blocks(path: Path, profile: Profile) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """(encoding, text columns named by the file's header, ``_line_no``, ``_ragged``); None = workbook."""
    with path.open("rb") as file:
        start = file.read(1024)
    if not start.strip():
        raise UnreadableFileError(
            "file_empty", f"{path.name}: the file is empty; deliver it again with content"
        )
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        raise UnreadableFileError(
            "file_is_html",
            f"{path.name}: this is a web page, not a table; the portal answered with an error page or asked "
            "for a login. Download it again",
        )
    for signature, kind in _OTHER_KINDS.items():
        if start.startswith(signature):
            raise UnreadableFileError("kind_unknown", f"{path.name}: this is {kind} and deliver that")
    if start.startswith(b"PK") or path.suffix.lower() == ".xlsx":
        header, table = workbooks.rows(path)
        columns = [c for c in table.columns if c not in _OUR_COLUMNS]
        yield None, table.rename(dict(zip(columns, _unique_names(header, path), strict=True)))
        return
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFileError(
            "encoding_unknown", f"{path.name}: UTF-16; save it as UTF-8 and deliver it again"
        )
    names: list[str] = []
    delimiter, line_no, rest = profile.delimiter or ",", 1, b""
    for encoding, block in text_files.decoded_blocks(path, profile.encoding):
        body = block
        if not names:
            delimiter, header, body, line_no = text_files.split_header(block, path, profile.delimiter)
            names = _unique_names(header, path)
        body = rest + body
        table, rest = text_files.rows(body, names, delimiter, line_no, path)
        yield encoding, table
        line_no += body.count(b"\n") - rest.count(b"\n")
    if rest.strip():
        raise text_files.never_closed(path, line_no)


def _unique_names(header: list[str], path: Path) -> list[str]:
    """The header's names; nameless columns get one, and a name used twice is refused."""
    if len(header) > MAX_COLUMNS:
        raise UnreadableFileError(
            "header_too_wide",
            f"{path.name}: the header has {len(header):,} columns, more than {MAX_COLUMNS:,}: is it a table?",
        )
    names = [name.strip().removeprefix("\ufeff") or f"_column_{i}" for i, name in enumerate(header, 1)]
    names = [f"{name}_" if name in _OUR_COLUMNS else name for name in names]
    uses = Counter(map(fold, names))
    if twice := sorted({name for name in names if uses[fold(name)] > 1}):
        raise UnreadableFileError(
            "header_ambiguous", f"{path.name}: two columns are headed {', '.join(twice)}"
        )
    return names


def _to_contract(
    text: pl.DataFrame, path: Path, contract: Contract, profile: Profile, given: dict[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Every canonical column as text, and the names of the file's columns that no rule uses."""
    headers = {fold(h): h for h in text.columns if h not in _OUR_COLUMNS}
    found: dict[str, str] = {}
    for column in contract.columns:
        accepted = profile.columns.get(column.name) or (*column.headers, column.name)
        hits = list(dict.fromkeys(headers[fold(h)] for h in accepted if fold(h) in headers))
        if len(hits) > 1:
            raise UnreadableFileError(
                "header_ambiguous",
                f"{path.name}: {' and '.join(hits)} both stand for {column.name}; say which in a profile",
            )
        if hits:
            found[column.name] = hits[0]
    said = {
        target: value
        for column in contract.columns
        for target, by_header in column.header_says.items()
        for header, value in by_header.items()
        if column.name in found and fold(found[column.name]) == fold(header)
    }
    absent_as = {c.name: c.absent_as for c in contract.columns if c.absent_unless not in found}
    values: list[pl.Expr] = []
    for column in contract.columns:
        name = column.name
        if name in profile.computed:
            value = pl.sql_expr(profile.computed[name]).cast(pl.String)
        elif name in found:
            value = pl.col(found[name])
        elif (constant := said.get(name, given.get(name, absent_as.get(name)))) is not None:
            value = pl.lit(constant)
        elif column.required and not (name == "line_no" and profile.number_lines_within):
            raise _missing_column(path, column.name, contract, list(headers.values()))
        else:
            value = pl.lit(None, dtype=pl.String)
        default = profile.defaults.get(name)
        if default is not None:
            value = pl.when(value.str.strip_chars() != "").then(value).otherwise(pl.lit(default))
        values.append(value.alias(name))
    try:
        mapped = text.select(*values, "_line_no", "_ragged")
    except pl.exceptions.PolarsError as error:
        raise UnreadableFileError(
            "profile_wrong", f"{path.name}: the profile's computed columns do not fit the file: {error}"
        ) from error
    if profile.number_lines_within:
        mapped = _number_lines(mapped, text, profile.number_lines_within)
    used = set(found.values()) | _computed_inputs(profile)
    unknown = tuple(
        h for h in text.columns if h not in used and h not in _OUR_COLUMNS and not _is_nameless(text, h)
    )
    return mapped, unknown


def _computed_inputs(profile: Profile) -> set[str]:
    return {n for e in profile.computed.values() for n in pl.sql_expr(e).meta.root_names()}


def _is_nameless(text: pl.DataFrame, header: str) -> bool:
    """The empty column behind a trailing delimiter."""
    return header.startswith("_column_") and not (text[header].fill_null("").str.strip_chars() != "").any()


def _missing_column(path: Path, name: str, contract: Contract, present: list[str]) -> UnreadableFileError:
    column = contract.column(name)
    if column.from_manifest:
        return UnreadableFileError(
            "value_nowhere",
            f"{path.name}: {name} is neither in the file nor in a manifest nor in the profile; write "
            f"`{name}: ...` into {path.name}.yml beside the file",
        )
    return UnreadableFileError(
        "column_missing",
        f"{path.name}: no column for {name} (one of: {', '.join(column.headers)}); the file has: "
        f"{', '.join(present)}. Correct the header or add a profile",
    )


def _number_lines(mapped: pl.DataFrame, text: pl.DataFrame, within: str) -> pl.DataFrame:
    """Number the distinct lines of an order by first appearance: lines equal in the file share a number."""
    content = text.drop("_line_no", "_ragged").select(pl.struct(pl.all()).alias("content")).to_series()
    first_seen = pl.col("_line_no").first().over(within, "content")
    numbered = mapped.with_columns(content).with_columns(line_no=first_seen.rank("dense").over(within))
    return numbered.with_columns(pl.col("line_no").cast(pl.String)).select(mapped.columns)


def _extra(text: pl.DataFrame, unknown: tuple[str, ...]) -> pl.Expr | pl.Series:
    """What the contract does not know, as a JSON object by the file's own header; missing when nothing."""
    if not unknown:
        return pl.lit(None, dtype=pl.String).alias("_extra")
    return text.select(pl.struct(unknown).struct.json_encode().alias("_extra")).to_series()


def _check_manifest(
    typed: pl.DataFrame, path: Path, contract: Contract, profile: Profile, manifest: Manifest
) -> None:
    """The manifest fills gaps; where the file speaks for itself the two must agree."""
    for name, value in manifest.values.items():
        one = pl.DataFrame(
            {c: [value if c == name else None] for c in contract.names},
            schema_overrides=dict.fromkeys(contract.names, pl.String),
        ).with_columns(_line_no=pl.lit(1), _ragged=pl.lit(value=False))
        said = cast(one, contract, profile.words)[name][0]
        if said is None:
            raise UnreadableFileError(
                "manifest_wrong",
                f"{path.name}.yml: {name}: {value!r} cannot be read, or is not in its code list",
            )
        in_file = typed[name].drop_nulls().unique().to_list()
        if in_file and in_file != [said]:
            raise UnreadableFileError(
                "manifest_contradicts",
                f"{path.name}: the manifest says {name} = {value}, the file says {in_file[0]}; "
                "correct the manifest",
            )


@dataclass(frozen=True)
class Record:
    """A record of a file as delivered.

    ``place`` says for people where it stands; ``cells`` are its values by the file's own header, in the
    file's order, None where a ragged row's cells cannot be told apart.
    """

    line_no: int
    place: str
    raw_line: str
    cells: dict[str, str] | None


def records(
    path: Path, contract: Contract, profile: Profile, manifest: Manifest, lines: pl.Series
) -> Iterator[Record]:
    """The records that begin in ``lines`` (sorted, unique), in this order."""
    wanted = set(lines)
    encoding: str | None = None
    order: list[int] = []
    cells: dict[int, dict[str, str] | None] = {}
    for encoding, text in _text_blocks(path, profile):  # noqa: B007  (the last one's is that of all)
        order.extend(text["_line_no"])
        for row in text.filter(pl.col("_line_no").is_in(lines.implode())).iter_rows(named=True):
            own = {name: value or "" for name, value in row.items() if name not in _OUR_COLUMNS}
            cells[row["_line_no"]] = None if row["_ragged"] else own
    extents = {n: after for n, after in zip(order, [*order[1:], None], strict=True) if n in wanted}
    raw = raw_records(path, encoding, extents) if extents else {}
    for number in extents:
        yield Record(number, f"line {number}", raw[number], cells[number])
