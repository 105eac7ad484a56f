"""Convert a file to UTF-8, block by block, from any encoding; a file in two encodings is refused."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from include.errors import UnreadableFileError
from include.sources.counts import ReadCounts

BLOCK_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
_LINE_START_BOM = b"\n" + codecs.BOM_UTF8
# A line whose only bytes beyond ASCII are two or more Chinese characters in UTF-8. GB18030 text can look like
# one such character by chance, but not like a whole line of them.
_ASCII = rb"[\x00-\x09\x0b-\x7f]*+"
_UTF8_CHINESE = re.compile(rb"(?m)^" + _ASCII + rb"(?:[\xe3-\xe9][\x80-\xbf]{2}" + _ASCII + rb"){2,}+$")
# Bytes by their role in such a character: lead, continuation, or none.
_UTF8_ROLES = bytes(
    ord("L") if 0xE3 <= byte <= 0xE9 else ord("C") if 0x80 <= byte <= 0xBF else 0 for byte in range(256)
)


def decoded_blocks(path: Path, label: str, encoding: str | None, counts: ReadCounts) -> Iterator[bytes]:
    """Yield blocks as UTF-8, each ending at the end of a line; ``label`` names the file in messages.

    Without ``encoding`` a file is UTF-16 if its first two bytes say so, else UTF-8 until the first byte that
    is invalid; if all before that was ASCII the file is GB18030. Anything else is refused, because mixed
    encodings cannot be separated. NUL bytes and byte-order marks at the start of a line are removed.
    """
    if encoding is None and _starts_as_utf16(path):
        encoding = "utf-16"
    blocks = (
        _wide(path, label, encoding) if encoding and _is_wide(encoding) else _narrow(path, label, encoding)
    )
    begun = False
    for block in blocks:
        text = block if begun else block.removeprefix(codecs.BOM_UTF8)
        begun = True
        if codecs.BOM_UTF8 in text and (marks := text.count(_LINE_START_BOM)):
            counts.repairs["byte_order_mark_removed"] += marks
            text = text.replace(_LINE_START_BOM, b"\n")
        if b"\0" in text:
            counts.repairs["nul_removed"] += text.count(b"\0")
            text = text.replace(b"\0", b"")
        yield text


def count_byte(block: bytes, byte: bytes) -> int:
    """Count a byte in a block; several times faster than bytes.count for a frequent byte."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == byte[0]))


def _starts_as_utf16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _is_wide(encoding: str) -> bool:
    """Whether a line end is not the byte it is in ASCII (UTF-16, UTF-32)."""
    return "\n".encode(encoding)[-1:] != b"\n" or len("\n".encode(encoding)) > 1


def _wide(path: Path, label: str, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    rest, line_no = b"", 1
    with path.open("rb") as file:
        while True:
            read = file.read(BLOCK_BYTES)
            try:
                block = rest + decoder.decode(read, final=not read).encode()
            except UnicodeError as error:
                raise _wrong_encoding(label, line_no + rest.count(b"\n"), str(error), encoding) from error
            cut = _line_end(block, label, line_no) if read else len(block)
            if cut:
                yield block[:cut]
            rest = block[cut:]
            line_no += block.count(b"\n", 0, cut)
            if not read:
                return


def _narrow(path: Path, label: str, encoding: str | None) -> Iterator[bytes]:
    name, seen_multibyte, rest, line_no = encoding or "utf-8", False, b"", 1
    with path.open("rb") as file:
        while True:
            read = file.read(BLOCK_BYTES)
            block = rest + read
            if not block:
                return
            cut = _line_end(block, label, line_no) if read else len(block)
            block, rest = block[:cut], block[cut:]
            if block:
                first_multibyte = not (encoding or seen_multibyte or block.isascii())
                name, utf8 = _as_utf8(block, name, label, line_no, or_gb18030=first_multibyte)
                if codecs.lookup(name).name in ("gb18030", "gbk", "gb2312"):
                    _refuse_utf8_in(block, label, line_no)
                seen_multibyte |= first_multibyte
                yield utf8
                line_no += count_byte(block, b"\n")
            if not read:
                return


def _as_utf8(block: bytes, encoding: str, label: str, line_no: int, *, or_gb18030: bool) -> tuple[str, bytes]:
    """(encoding found, the block as UTF-8)."""
    if block.isascii():
        return encoding, block
    try:
        text = block.decode(encoding)
        if or_gb18030 and _could_be_gb18030(block):
            raise UnreadableFileError(
                "encoding_unknown",
                f"{label}: its few characters beyond ASCII can be read as UTF-8 and as GB18030; name the "
                "encoding in a profile, or deliver it with a byte-order mark",
            )
    except UnicodeDecodeError as error:
        before = block[: block.rfind(b"\n", 0, error.start) + 1]
        if or_gb18030 and not _UTF8_CHINESE.search(before):
            return _as_utf8(block, "gb18030", label, line_no, or_gb18030=False)
        line = line_no + block.count(b"\n", 0, error.start)
        raise _wrong_encoding(label, line, f"byte 0x{block[error.start]:02x}", encoding) from None
    return encoding, block if encoding == "utf-8" else text.encode()


def _could_be_gb18030(block: bytes) -> bool:
    """Whether valid UTF-8 has no three-byte (Chinese) character and is also valid GB18030."""
    if block.startswith(codecs.BOM_UTF8) or np.frombuffer(block, np.uint8).max() >= 0xE0:
        return False
    try:
        block.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _refuse_utf8_in(block: bytes, label: str, line_no: int) -> None:
    if _may_have_utf8(block) and (found := _UTF8_CHINESE.search(block)):
        first = next(i for i in range(found.start(), found.end()) if block[i] > 0x7F)
        line = line_no + block.count(b"\n", 0, first)
        raise _wrong_encoding(label, line, f"byte 0x{block[first]:02x}", "gb18030")


def _may_have_utf8(block: bytes) -> bool:
    """Whether the block may have two adjacent Chinese characters in UTF-8; a tenth of the search's cost."""
    return b"LCCLCC" in block.translate(_UTF8_ROLES)


def _wrong_encoding(label: str, line: int, what: str, name: str) -> UnreadableFileError:
    return UnreadableFileError(
        "encoding_unknown",
        f"{label}: line {line}: {what} is not valid {name}; deliver the file in one "
        "encoding, UTF-8 or GB18030, or name its encoding in a profile",
    )


def _line_end(block: bytes, label: str, line_no: int) -> int:
    """The end of the last complete line of the block; 0 if there is none."""
    cut = block.rfind(b"\n") + 1
    if len(block) - cut > MAX_LINE_BYTES:
        line = line_no + block.count(b"\n")
        raise UnreadableFileError(
            "line_too_long",
            f"{label}: line {line} is longer than {MAX_LINE_BYTES:,} bytes; this is no table: "
            "check how the file was exported",
        )
    return cut
