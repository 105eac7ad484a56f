"""The kind of a delivered file by its first bytes: text, a workbook, or an archive of such files.

The name is not reliable: an .xls is often a web page or a CSV.
"""

import gzip
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from include.errors import UnreadableFileError
from include.sources.plain_text import display_name
from include.sources.profile import Profile

MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_UNPACK_RATIO = 200
_SMALL_BYTES = 64 * 1024**2
_MAX_MEMBERS = 1000
_CHUNK = 1024 * 1024
_LOOK_BYTES = 64 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<table")
# First bytes of files that are often sent instead of a table, and what to do.
_OTHER_KINDS = {
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"%PDF": "a PDF document; export the table as CSV or XLSX",
}
# Kinds of a profile that are text files.
_KINDS_OF_CONTENT = {"csv": "text", "tsv": "text", "txt": "text"}
# Errors of the archive libraries for an incomplete or damaged archive.
DAMAGE = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError),
)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """The next bytes."""


@dataclass(frozen=True)
class Part:
    """One file to read: the delivery itself or a member of an archive.

    ``kind`` is text, xlsx, xls or ods; ``name`` is for messages, ``place`` for the position of a row in an
    archive.
    """

    path: Path
    name: str
    kind: str
    place: str = ""


@contextmanager
def parts(path: Path, profile: Profile, scratch: Path) -> Iterator[list[Part]]:
    """The files of a delivery.

    Archives are unpacked below ``scratch`` and removed again. UnreadableFileError for a file that is no
    table, a damaged or too large archive, or a kind that the profile does not expect.
    """
    kind = _kind(path, path.name)
    if kind not in ("gzip", "zip"):
        yield [_expected(Part(path, path.name, kind), profile)]
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        try:
            unpacked = _gunzip(path, Path(folder)) if kind == "gzip" else _unzip(path, Path(folder))
        except DAMAGE as error:
            raise UnreadableFileError(
                "archive_damaged", f"{path.name}: not a whole archive ({error}); deliver it again"
            ) from error
        yield [_expected(_member(path, file, name), profile) for file, name in unpacked]


def _member(archive: Path, file: Path, name: str) -> Part:
    label = f"{name} in {archive.name}"
    kind = _kind(file, label)
    if kind in ("gzip", "zip"):
        raise UnreadableFileError(
            "kind_unknown", f"{label}: an archive within an archive; unpack it and deliver the tables"
        )
    return Part(file, label, kind, label)


def _expected(part: Part, profile: Profile) -> Part:
    wanted = {_KINDS_OF_CONTENT.get(kind, kind) for kind in profile.kinds}
    if wanted and part.kind not in wanted:
        raise UnreadableFileError(
            "kind_unexpected",
            f"{part.name}: is {part.kind}, the profile expects {', '.join(profile.kinds)}: another file?",
        )
    return part


def _kind(path: Path, name: str) -> str:
    """text, xlsx, xls, ods, gzip or zip; UnreadableFileError for any other kind."""
    with path.open("rb") as file:
        start = file.read(_LOOK_BYTES)
    if not start.strip():
        raise UnreadableFileError("file_empty", f"{name}: the file is empty; deliver it again with content")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        raise UnreadableFileError(
            "file_is_html",
            f"{name}: this is a web page, not a table; the portal answered with an error page or asked "
            "for a login. Download it again",
        )
    for signature, kind in _OTHER_KINDS.items():
        if start.startswith(signature):
            raise UnreadableFileError("kind_unknown", f"{name}: this is {kind} and deliver that")
    if start.startswith(_OLE):
        return "xls"
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    return "text"


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(name.startswith("xl/") for name in names):
                return "xlsx"
            if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:100]:
                return "ods"
    except DAMAGE:
        return "xlsx" if path.suffix.lower() == ".xlsx" else "zip"
    return "xlsx" if path.suffix.lower() == ".xlsx" else "zip"


def _gunzip(path: Path, folder: Path) -> list[tuple[Path, str]]:
    name = path.name.removesuffix(".gz")
    with gzip.open(path) as content:
        _write(content, folder / "0", path, path.stat().st_size, MAX_UNPACKED_BYTES)
    return [(folder / "0", name)]


def _unzip(path: Path, folder: Path) -> list[tuple[Path, str]]:
    """Files of an archive in the order of their names, without folders and files of the operating system."""
    found: list[tuple[Path, str]] = []
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(path) as archive:
        entries = [e for e in archive.infolist() if not e.is_dir() and not _is_system_file(e.filename)]
        if len(entries) > _MAX_MEMBERS:
            raise UnreadableFileError(
                "archive_too_large", f"{path.name}: {len(entries):,} files, more than {_MAX_MEMBERS:,}"
            )
        for number, entry in enumerate(sorted(entries, key=lambda e: _member_name(e))):
            with archive.open(entry) as content:
                left -= _write(content, folder / str(number), path, entry.compress_size, left)
            found.append((folder / str(number), _member_name(entry)))
    if not found:
        raise UnreadableFileError("file_empty", f"{path.name}: there is no file in it; deliver it again")
    return found


def _is_system_file(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _member_name(entry: zipfile.ZipInfo) -> str:
    """A member's name without control characters; Chinese Windows writes it in GBK without a flag."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = entry.filename
    return display_name(name)


def _write(content: _Readable, to: Path, archive: Path, packed: int, most: int) -> int:
    """Unpack to ``to``; UnreadableFileError when there are more bytes than a table needs."""
    written = 0
    with to.open("wb") as out:
        while chunk := content.read(_CHUNK):
            written += len(chunk)
            if written > most or (written > _SMALL_BYTES and written > MAX_UNPACK_RATIO * packed):
                raise UnreadableFileError(
                    "archive_too_large",
                    f"{archive.name}: unpacks to more than {written:,} bytes, from {packed:,}; not read. "
                    "Deliver fewer rows per file",
                )
            out.write(chunk)
    return written
