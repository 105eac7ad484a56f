"""Map a file's columns to the contract's: headers, constants, computed columns, filters, line numbers."""

import hashlib

import polars as pl

from include.errors import UnreadableFileError
from include.sources.contract import Contract
from include.sources.counts import ReadCounts
from include.sources.expressions import columns_of, compiled
from include.sources.lookups import fold
from include.sources.profile import Profile, named_groups
from include.sources.tables import OUR_COLUMNS, TOTALS

# Bytes of a computed line number, so that it fits into PostgreSQL's bigint.
_NUMBER_BYTES = 7
# The word for a total is in one of the first columns of its row.
_TOTAL_COLUMNS = 3


def found_headers(header: list[str], name: str, contract: Contract, profile: Profile) -> dict[str, str]:
    """Canonical column -> the file's header; UnreadableFileError when two headers mean one column."""
    headers = {fold(h): h for h in header}
    found: dict[str, str] = {}
    for column in contract.columns:
        accepted = profile.columns.get(column.name) or (*column.headers, column.name)
        hits = list(dict.fromkeys(headers[fold(h)] for h in accepted if fold(h) in headers))
        if len(hits) > 1:
            raise UnreadableFileError(
                "header_ambiguous",
                f"{name}: {' and '.join(hits)} both mean {column.name}; choose one in a profile",
            )
        if hits:
            found[column.name] = hits[0]
    return found


def wanted_rows(text: pl.DataFrame, name: str, profile: Profile, counts: ReadCounts) -> pl.DataFrame:
    """Remove the rows that the profile skips; they are counted by reason.

    Empty cells are missing in every expression, for every reader.
    """
    read = [header for header in text.columns if header in _inputs(profile)]
    text = text.with_columns(_filled_or_blank(header) for header in read)
    for rule in profile.skip:
        # A ragged row has no values to filter by: it remains, and is rejected.
        is_skipped = _holds(text, rule.where, name) & ~text["_ragged"]
        if is_skipped.any():
            counts.skipped[rule.reason] += int(is_skipped.sum())
            text = text.filter(~is_skipped)
    return text


def to_contract(
    text: pl.DataFrame, name: str, contract: Contract, profile: Profile, given: dict[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Every canonical column as text, and the names of the file's columns that no rule uses.

    ``given`` are values from outside the table: constants, names of file and sheet, the manifest.
    """
    header = [h for h in text.columns if h not in OUR_COLUMNS]
    found = found_headers(header, name, contract, profile)
    computed = {column: _evaluated(text, sql, name) for column, sql in profile.computed.items()}
    values: list[pl.Expr] = []
    for column in contract.columns:
        value = _value(column.name, contract, profile, given, found, computed)
        is_numbered = column.name == contract.line_column and profile.line_numbers
        if value is None and column.required and not is_numbered:
            raise _missing_column(name, column.name, contract, header)
        values.append(pl.lit(None, dtype=pl.String).alias(column.name) if value is None else value)
    ours = [pl.col("_line_no"), pl.col("_ragged"), *_not_lines(text, found, contract)]
    mapped = _selected(text, [*values, *ours], name)
    if profile.line_numbers and contract.line_column:
        by = profile.line_numbers.by or tuple(sorted(header, key=fold))
        numbers = _selected(text, [pl.struct(by).alias("by")], name)["by"]
        numbers = numbers.map_elements(_line_number, return_dtype=pl.Int64).cast(pl.String)
        mapped = mapped.with_columns(numbers.alias(contract.line_column))
    mapped = _cancelled(mapped, text, name, contract, profile)
    used = set(found.values()) | _inputs(profile)
    unknown = tuple(h for h in header if h not in used and not _is_nameless(text, h))
    return mapped, unknown


def origins(
    header: list[str], name: str, contract: Contract, profile: Profile, given: dict[str, str]
) -> dict[str, str | None]:
    """Canonical column -> the origin of its values, for people; None without one."""
    found = found_headers(header, name, contract, profile)
    given = {**profile.constants, **given}
    of_names = {
        column: word
        for word, pattern in (("file", profile.from_file_name), ("sheet", profile.from_sheet_name))
        if pattern
        for column in named_groups(pattern, "")
    }
    origin: dict[str, str | None] = {}
    for column in contract.names:
        if column in profile.computed:
            origin[column] = f"= {profile.computed[column]}"
        elif column in found:
            origin[column] = found[column]
        elif (constant := _constant(column, contract, given, found)) is not None:
            origin[column] = f"'{constant}'"
        elif column in of_names:
            origin[column] = f"the {of_names[column]}'s name"
        elif column == contract.line_column and profile.line_numbers:
            origin[column] = "a number computed from the line"
        else:
            origin[column] = None
        if column in profile.defaults:
            origin[column] = " else ".join(filter(None, [origin[column], f"'{profile.defaults[column]}'"]))
    return origin


def extra(text: pl.DataFrame, unknown: tuple[str, ...]) -> pl.Expr | pl.Series:
    """Columns that are not in the contract, as a JSON object by the file's header; missing without any."""
    if not unknown:
        return pl.lit(None, dtype=pl.String).alias("_extra")
    return text.select(pl.struct(unknown).struct.json_encode().alias("_extra")).to_series()


def _not_lines(text: pl.DataFrame, found: dict[str, str], contract: Contract) -> list[pl.Expr]:
    """Whether a row is a total or a repeated header, as in files that were joined."""
    no, of_key = pl.lit(value=False), [found[column] for column in contract.key if column in found]
    is_total = is_header = no
    if any(text[name].null_count() or (text[name] == "").any() for name in of_key):
        first = pl.coalesce(_filled(pl.col(name)) for name in text.columns[:_TOTAL_COLUMNS])
        incomplete = pl.any_horizontal(_filled(pl.col(name)).is_null() for name in of_key)
        word = first.str.strip_chars(" :：").str.to_lowercase()
        is_total = (incomplete & word.is_in(TOTALS)).fill_null(value=False)
    if of_key and (text[of_key[0]] == of_key[0]).any():
        is_header = pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in of_key)
    return [is_total.alias("_is_total"), is_header.fill_null(value=False).alias("_is_header")]


def _filled(column: pl.Expr) -> pl.Expr:
    text = column.str.strip_chars()
    return pl.when(text != "").then(text)


def _value(
    column: str,
    contract: Contract,
    profile: Profile,
    given: dict[str, str],
    found: dict[str, str],
    computed: dict[str, pl.Series],
) -> pl.Expr | None:
    """The values of a canonical column; None without any."""
    if column in computed:
        value = pl.lit(computed[column])
    elif column in found:
        value = pl.col(found[column])
    elif (constant := _constant(column, contract, given, found)) is not None:
        value = pl.lit(constant)
    elif column in profile.defaults:
        value = pl.lit(None, dtype=pl.String)
    else:
        return None
    if column in profile.defaults:
        default = pl.lit(profile.defaults[column])
        value = pl.when(value.str.strip_chars() != "").then(value).otherwise(default)
    return value.alias(column)


def _constant(column: str, contract: Contract, given: dict[str, str], found: dict[str, str]) -> str | None:
    """The value in another column's header, else the given value, else that of an absent column."""
    for other in contract.columns:
        for header, value in other.header_says.get(column, {}).items():
            if other.name in found and fold(found[other.name]) == fold(header):
                return value
    absent = contract.column(column)
    return given.get(column, absent.absent_as if absent.absent_unless not in found else None)


def _cancelled(
    mapped: pl.DataFrame, text: pl.DataFrame, name: str, contract: Contract, profile: Profile
) -> pl.DataFrame:
    """Give cancelling rows that status and the key of the line they cancel, and flag those as ``_meets``."""
    rule = profile.cancellations
    if rule is None:
        return mapped.with_columns(_meets=pl.lit(value=False))
    cancels = _holds(text, rule.where, name)
    changes = {"status": pl.Series([contract.cancelled], dtype=pl.String).new_from_index(0, text.height)}
    changes |= {c: _evaluated(text, sql, name) for c, sql in rule.key.items()}
    return mapped.with_columns(
        *(values.zip_with(cancels, mapped[column]).alias(column) for column, values in changes.items()),
        (cancels & bool(rule.key)).alias("_meets"),
    )


def _line_number(values: dict[str, str | None]) -> int:
    """A positive number computed from the filled cells of a line and their headers, in the headers' order."""
    filled = {fold(header): value.strip() for header, value in values.items() if value and value.strip()}
    words = "\x1f".join(f"{header}={value}" for header, value in filled.items())
    digest = hashlib.blake2b(words.encode(), digest_size=_NUMBER_BYTES).digest()
    return int.from_bytes(digest) + 1


def _filled_or_blank(header: str) -> pl.Expr:
    return pl.when(pl.col(header) != "").then(pl.col(header)).alias(header)


def _holds(text: pl.DataFrame, condition: str, name: str) -> pl.Series:
    """Whether a condition is true, for every row."""
    result = _selected(text, [pl.repeat(None, pl.len()).alias("all"), compiled(condition).alias("is")], name)[
        "is"
    ]
    if result.dtype != pl.Boolean:
        raise UnreadableFileError("profile_wrong", f"{name}: {condition!r} in the profile is not a condition")
    return result.fill_null(value=False)


def _evaluated(text: pl.DataFrame, expression: str, name: str) -> pl.Series:
    """The value of an expression for every row, as text."""
    value = compiled(expression).alias("value")
    result = _selected(text, [pl.repeat(None, pl.len()).alias("all"), value], name)["value"]
    if result.dtype.is_float():
        raise UnreadableFileError(
            "profile_wrong",
            f"{name}: {expression!r} in the profile gives a float; CAST(... AS DECIMAL(18,4))",
        )
    return result.cast(pl.String)


def _selected(text: pl.DataFrame, expressions: list[pl.Expr], name: str) -> pl.DataFrame:
    try:
        return text.select(expressions)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFileError(
            "profile_wrong", f"{name}: the profile's expressions do not fit the file: {error}"
        ) from error


def _inputs(profile: Profile) -> set[str]:
    """The file's headers that the profile's expressions read."""
    cancelling = (
        [profile.cancellations.where, *profile.cancellations.key.values()] if profile.cancellations else []
    )
    expressions = [*profile.computed.values(), *(rule.where for rule in profile.skip), *cancelling]
    numbering = set(profile.line_numbers.by) if profile.line_numbers else set()
    return numbering.union(*map(columns_of, expressions))


def _is_nameless(text: pl.DataFrame, header: str) -> bool:
    """Whether this is the empty column after a trailing delimiter."""
    return header.startswith("_column_") and not (text[header].fill_null("").str.strip_chars() != "").any()


def _missing_column(
    name: str, column_name: str, contract: Contract, present: list[str]
) -> UnreadableFileError:
    column = contract.column(column_name)
    if column.from_manifest:
        return UnreadableFileError(
            "value_nowhere",
            f"{name}: {column_name} is neither in the file nor in a manifest nor in the profile; write "
            f"`{column_name}: ...` into {name}.yml beside the file",
        )
    return UnreadableFileError(
        "column_missing",
        f"{name}: no column for {column_name} (one of: {', '.join(column.headers)}); the file has: "
        f"{', '.join(present)}. Correct the header or add a profile",
    )
