"""One ingest run: load the files that wait in the drop folder, and report the verdicts of the run's files.

The report is read from the load log, not passed from task to task: a run that is retried or cleared reports
also the files that it had loaded before.
"""

from dataclasses import dataclass

from psycopg.rows import class_row

from include.errors import SetupError
from include.load import archive, drop_folder, load_log, loading
from include.settings import Role, Settings
from include.warehouse.connection import connect

_MOST_REFUSALS = 20


@dataclass(frozen=True)
class LoadedFile:
    """The latest verdict on one file of a run; row counts are None for a refused file that was not read.

    ``profile`` is the sub-folder that the file was delivered to: two senders may use the same file name.
    """

    profile: str | None
    file_name: str
    status: str
    rows_in: int | None
    accepted: int | None
    unchanged: int | None
    quarantined: int | None
    message: str | None
    kept_path: str | None
    docs_path: str | None


def waiting(settings: Settings, source: str) -> int:
    """How many files wait for ``source``, including those that a killed run was removing.

    SetupError when there is no drop folder.
    """
    if not settings.landing_dir.is_dir():
        raise SetupError(
            f"the drop folder {settings.landing_dir} is not there: is it mounted? See TEXTILE_LANDING"
        )
    found = drop_folder.find(settings.landing_dir, source)
    return len(found) + len(archive.unfinished_removals(settings.landing_dir, source))


def has_work(settings: Settings, source: str, run_id: str) -> bool:
    """Whether files wait, the run has files to report, or earlier loads are still to be announced."""
    return bool(
        waiting(settings, source) or of_run(settings, source, run_id) or _has_unreleased(settings, source)
    )


def load(settings: Settings, source: str, run_id: str) -> dict[str, int | list[str]]:
    """Load the files that wait for ``source``; returns counts of the whole run and its Data Docs."""
    paths = drop_folder.find(settings.landing_dir, source)
    results = loading.load_files(settings, source, paths, run_id=run_id)
    loaded = of_run(settings, source, run_id)
    return {
        "files_accepted": sum(f.status == "accepted" for f in loaded),
        "files_refused": sum(f.status == "refused" for f in loaded),
        "files_duplicate": sum(r.status == "duplicate" for r in results),
        "rows_in": sum(f.rows_in or 0 for f in loaded),
        "rows_accepted": sum(f.accepted or 0 for f in loaded),
        "rows_unchanged": sum(f.unchanged or 0 for f in loaded),
        "rows_quarantined": sum(f.quarantined or 0 for f in loaded),
        "data_docs": sorted({str(settings.home / f.docs_path) for f in loaded if f.docs_path}),
    }


def has_news(settings: Settings, source: str, run_id: str) -> bool:
    """Whether the run accepted a file, or the newest release lacks one that an earlier run accepted.

    An earlier run may have been killed before it announced its files; this run announces them.
    """
    with connect(settings, Role.LOADER) as connection:
        accepted = connection.execute(
            "select 1 from ops.load where source = %s and run_id = %s and status = 'accepted' limit 1",
            [source, run_id],
        ).fetchone()
    return bool(accepted) or _has_unreleased(settings, source)


def _has_unreleased(settings: Settings, source: str) -> bool:
    with connect(settings, Role.PUBLISHER) as connection:  # the loader may not read builds and releases
        return load_log.has_unreleased(connection, source)


def of_run(settings: Settings, source: str, run_id: str) -> list[LoadedFile]:
    """Every file of a run with its latest verdict: a corrected file replaces the refused one."""
    with connect(settings, Role.LOADER) as connection:
        return (
            connection.cursor(row_factory=class_row(LoadedFile))
            .execute(
                "select distinct on (profile, file_name) profile, file_name, status, rows_in, accepted,"
                " unchanged, quarantined, message, kept_path, docs_path from ops.load"
                " where source = %s and run_id = %s order by profile, file_name, load_id desc",
                [source, run_id],
            )
            .fetchall()
        )


def _location(settings: Settings, file: LoadedFile) -> str:
    return f"kept as {settings.home / file.kept_path}" if file.kept_path else "left in the drop folder"


def refusals(settings: Settings, source: str, run_id: str) -> str | None:
    """The message about a run's refused files, with what to do; None when no file was refused."""
    loaded = of_run(settings, source, run_id)
    refused = [f for f in loaded if f.status == "refused"]
    if not refused:
        return None
    lines = [f"{len(refused)} of {len(loaded)} files of {source} refused; the others are published."]
    lines += [
        f"- {f'{f.profile}/' if f.profile else ''}{f.message} ({_location(settings, f)})"
        for f in refused[:_MOST_REFUSALS]
    ]
    if len(refused) > _MOST_REFUSALS:
        lines.append(f"... and {len(refused) - _MOST_REFUSALS} more: see ops.load, run_id {run_id}")
    lines.append("Ask the sender for a corrected file and drop it: the next run loads it, whatever its date.")
    return "\n".join(lines)
