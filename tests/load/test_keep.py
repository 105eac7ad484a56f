"""Archive a delivered file: between two file systems, without rights, and killed at any step."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from samples import cells, environment, load, one, orders, query, write, write_download

from include.errors import SetupError
from include.load import archive, drop_folder, ingest_run
from include.settings import Settings

SOURCE = "enterprise_orders"
# A file system in memory that every Linux has and any user may write to.
OTHER_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108 -- each test makes its own folder there


@contextmanager
def _as_plain_user() -> Iterator[None]:
    """Run as a user without root's rights; does nothing when the tests do not run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def two_file_systems(warehouse: Settings) -> Iterator[Settings]:
    """A warehouse whose drop folder is on another file system than its archive; any user may enter both."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        landing = stack.enter_context(tempfile.TemporaryDirectory(dir=OTHER_FILE_SYSTEM))
        assert Path(home).stat().st_dev != Path(landing).stat().st_dev
        shutil.copytree(warehouse.home, home, dirs_exist_ok=True)
        (Path(landing) / SOURCE).mkdir()
        for folder in (Path(home), Path(landing), Path(landing) / SOURCE):
            folder.chmod(0o777)
        yield warehouse.model_copy(update={"home": Path(home), "landing": Path(landing)})


def _archived(settings: Settings) -> dict[str, list[str]]:
    """Names in the archive without their hashes, by status."""
    paths = sorted((settings.home / "archive").glob("*/*/*"))
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.parent.name, []).append(path.name.partition("_")[2])
    return found


def test_files_of_every_verdict_are_archived_on_another_file_system(two_file_systems: Settings) -> None:
    folder = two_file_systems.landing_dir / SOURCE
    for name in ("a.csv", "b.csv"):
        write(folder / name, orders(6))
    (folder / "c.csv").write_bytes(b"<html>")
    results = load(two_file_systems, SOURCE, *drop_folder.find(two_file_systems.landing_dir, SOURCE))
    assert [r.status for r in results] == ["accepted", "duplicate", "refused"]
    assert _archived(two_file_systems) == {
        "accepted": ["a.csv"],
        "duplicate": ["b.csv"],
        "refused": ["c.csv", "c.csv.reason.txt"],
    }
    assert list(folder.iterdir()) == []


def test_a_manifest_is_archived_beside_its_file(two_file_systems: Settings) -> None:
    path = write_download(two_file_systems.landing_dir / "customs_statistics" / "a.csv", cells(6))
    (result,) = load(two_file_systems, "customs_statistics", path)
    assert (result.status, _archived(two_file_systems)) == ("accepted", {"accepted": ["a.csv", "a.csv.yml"]})
    assert list(path.parent.iterdir()) == []


def _unreadable(path: Path) -> Callable[[], object]:
    write(path, orders(6)).chmod(0)
    return lambda: path.chmod(0o644)


def _unreadable_manifest(path: Path) -> Callable[[], object]:
    write(path, orders(6))
    manifest = path.with_name(f"{path.name}.yml")
    manifest.write_text("currency: CNY\n", encoding="utf-8")
    manifest.chmod(0)
    return lambda: manifest.chmod(0o644)


def _link_out(path: Path) -> Callable[[], object]:
    path.symlink_to(__file__)
    return lambda: (path.unlink(), write(path, orders(6)))


def _link_to_nothing(path: Path) -> Callable[[], object]:
    path.symlink_to(path.with_name("nobody.csv"))
    return lambda: (path.unlink(), write(path, orders(6)))


def _linked_folder(path: Path) -> Callable[[], object]:
    elsewhere = write(path.parent.with_name("elsewhere") / path.name, orders(6)).parent
    path.symlink_to(elsewhere)
    return lambda: (path.unlink(), write(path, orders(6)))


def _linked_folder_outside(path: Path) -> Callable[[], object]:
    path.symlink_to(Path(__file__).parent)
    return lambda: (path.unlink(), write(path, orders(6)))


def _in_a_folder(mode: int) -> Callable[[Path], Callable[[], object]]:
    def make(path: Path) -> Callable[[], object]:
        inside = write(path.with_name("mill") / path.name, orders(6))
        inside.parent.chmod(mode)
        return lambda: inside.parent.chmod(0o777)

    return make


NOT_REMOVABLE: dict[str, tuple[Callable[[Path], Callable[[], object]], str, str]] = {
    "unreadable": (_unreadable, "file_unreadable", "a.csv: cannot be read: Permission denied"),
    "unreadable manifest": (_unreadable_manifest, "file_unreadable", "a.csv: cannot be read"),
    "link out": (_link_out, "file_unreadable", "a.csv: a link that leads out"),
    "linked folder": (_linked_folder, "file_unreadable", "a.csv: a link to a folder"),
    "linked folder outside": (_linked_folder_outside, "file_unreadable", "a.csv: a link that leads out"),
    "link to nothing": (_link_to_nothing, "file_unreadable", "a.csv: is no regular file"),
    "folder not to be written": (_in_a_folder(0o555), "file_not_removable", "a.csv: cannot be removed"),
    "folder not to be entered": (_in_a_folder(0o666), "file_unreadable", "a.csv: cannot be read"),
    "folder not to be listed": (_in_a_folder(0), "file_unreadable", "mill: cannot be read"),
}
if os.geteuid() == 0:  # needs two users
    NOT_REMOVABLE["file of another"] = (
        _in_a_folder(0o1777),
        "file_not_removable",
        "a.csv: cannot be removed",
    )


@pytest.mark.parametrize("kind", NOT_REMOVABLE)
def test_a_file_that_cannot_be_archived_is_refused_left_and_reported_once(
    kind: str, two_file_systems: Settings, warehouse: Settings, tmp_path: Path, messages: list[str]
) -> None:
    make, rule, message = NOT_REMOVABLE[kind]
    load(
        warehouse, SOURCE, write(tmp_path / "before.csv", orders(1))
    )  # imports the modules while the process still has the rights
    folder = two_file_systems.landing_dir / SOURCE
    correct = make(folder / "a.csv")
    for run in ("first", "second"):
        write(folder / f"{run}.csv", orders(3, 订单号=run))
        with _as_plain_user():
            ingest_run.load(two_file_systems, SOURCE, run)
    refused = query(
        two_file_systems,
        "select run_id, failed_rules, message, kept_path from ops.load where status = 'refused'",
    )
    assert [(run, rules, path) for run, rules, _, path in refused] == [("first", [rule], None)]
    assert refused[0][2].startswith(message)
    assert "left in the drop folder" in (ingest_run.refusals(two_file_systems, SOURCE, "first") or "")
    assert ingest_run.refusals(two_file_systems, SOURCE, "second") is None
    assert sum("is still in the drop folder" in line for line in messages) == 1
    assert (
        one(
            two_file_systems,
            "select count(*) from raw.enterprise_orders where order_no in ('first', 'second')",
        )
        == 6
    )
    assert len(drop_folder.find(two_file_systems.landing_dir, SOURCE)) == 1
    correct()
    with _as_plain_user():
        ingest_run.load(two_file_systems, SOURCE, "third")
    assert (
        one(
            two_file_systems, "select count(*) from ops.load where run_id = 'third' and kept_path is not null"
        )
        == 1
    )
    assert drop_folder.find(two_file_systems.landing_dir, SOURCE) == []


def test_a_retried_run_still_fails_for_the_files_it_left(two_file_systems: Settings) -> None:
    (two_file_systems.landing_dir / SOURCE / "a.csv").symlink_to(__file__)
    for _ in "first", "retried":
        ingest_run.load(two_file_systems, SOURCE, "run")
        assert "1 of 1 files" in (ingest_run.refusals(two_file_systems, SOURCE, "run") or "")
    assert one(two_file_systems, "select count(*) from ops.load") == 1


def test_a_person_who_names_the_file_gets_the_refusal_each_time(two_file_systems: Settings) -> None:
    link = two_file_systems.landing_dir / SOURCE / "a.csv"
    link.symlink_to(__file__)
    for _ in range(2):
        (result,) = load(two_file_systems, SOURCE, link)
        assert result.failed_rules == ["file_unreadable"]


KILLER = """
import os, signal, sys
from pathlib import Path
from include.load import loading
from include.settings import load_settings

at = int(sys.argv[1])
steps = 0

def counted(function):
    def call(*arguments, **options):
        global steps
        steps += sys._getframe(1).f_globals["__name__"] == "include.load.archive"
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

os.fsync = counted(os.fsync)
for name in ("replace", "rename", "unlink", "rmdir"):
    setattr(Path, name, counted(getattr(Path, name)))
loading.load_files(load_settings(), "enterprise_orders", [Path(sys.argv[2])])
print(steps)
"""
# The file and its manifest are each synced and renamed, the archive folder synced, each moved, each deleted,
# and the folder they were moved to is removed. From step 8 on the file is no longer under its name.
STEPS, FILE_MOVED = 10, 8


def _loader(settings: Settings, at: int, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLER, str(at), str(path)],
        env={**os.environ, **environment(settings), "TEXTILE_LANDING": str(settings.landing_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("at", [1, 4, 6, 7, FILE_MOVED, 9, STEPS])
def test_a_loader_killed_while_it_archives_a_file_loses_nothing(at: int, two_file_systems: Settings) -> None:
    path = write(two_file_systems.landing_dir / SOURCE / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("currency: CNY\n", encoding="utf-8")
    content = path.read_bytes()
    assert _loader(two_file_systems, at, path).returncode == -signal.SIGKILL
    archived = list((two_file_systems.home / "archive" / SOURCE / "accepted").glob("*_a.csv"))
    assert [file.read_bytes() for file in archived] in ([], [content])
    assert path.exists() or archived
    assert ingest_run.waiting(two_file_systems, SOURCE) > 0
    results = load(two_file_systems, SOURCE, *drop_folder.find(two_file_systems.landing_dir, SOURCE))
    assert [r.status for r in results] == (["duplicate"] if at < FILE_MOVED else [])
    kept_path = one(two_file_systems, "select kept_path from ops.load where status = 'accepted'")
    assert (two_file_systems.home / kept_path).read_bytes() == content
    assert (two_file_systems.home / f"{kept_path}.yml").read_text(encoding="utf-8") == "currency: CNY\n"
    assert list(path.parent.iterdir()) == []
    assert one(two_file_systems, "select count(*) from raw.enterprise_orders") == 6


@pytest.mark.parametrize("at", [7, FILE_MOVED, 9])
def test_a_manifest_left_by_a_killed_loader_is_not_used_for_a_later_file(
    at: int, two_file_systems: Settings
) -> None:
    path = write(two_file_systems.landing_dir / SOURCE / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("product_name: 牛仔布\n", encoding="utf-8")
    assert _loader(two_file_systems, at, path).returncode == -signal.SIGKILL
    without_product = [{n: v for n, v in row.items() if n != "品名"} for row in orders(6, 订单号="NEXT")]
    write(path.with_name("next.part"), without_product).rename(path)
    (result,) = load(two_file_systems, SOURCE, path)
    assert (result.status, result.accepted) == ("accepted", 6)
    assert query(
        two_file_systems, "select distinct product_name from raw.enterprise_orders where order_no = 'NEXT'"
    ) == [(None,)]
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("replaced", ["a.csv", "a.csv.yml"])
def test_a_file_replaced_after_it_was_archived_is_not_removed(replaced: str, tmp_path: Path) -> None:
    """The new file has the same size and time, as a copying program may set them."""
    path = write(tmp_path / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("currency: CNY\n", encoding="utf-8")
    fingerprint = drop_folder.fingerprint(path, tmp_path)
    new = tmp_path / replaced
    time_ns, content = new.stat().st_mtime_ns, new.read_bytes()[::-1]
    new.with_name("other").write_bytes(content)
    new.with_name("other").rename(new)
    os.utime(new, ns=(time_ns, time_ns))
    archive.remove(fingerprint)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.csv", "a.csv.yml"]
    assert new.read_bytes() == content


def test_a_replaced_file_waits_for_its_name_when_the_loader_was_killed(two_file_systems: Settings) -> None:
    path = write(two_file_systems.landing_dir / SOURCE / "a.csv", orders(6))
    folder = path.with_name(f".taken-{'0' * 64}--x")
    write(folder / "a.csv", orders(7, 订单号="SO-2"))
    for accepted in (6, 7):
        (result,) = load(two_file_systems, SOURCE, *drop_folder.find(two_file_systems.landing_dir, SOURCE))
        assert (result.status, result.accepted) == ("accepted", accepted)
        load(two_file_systems, SOURCE)
    assert list(path.parent.iterdir()) == []


def test_an_archive_that_cannot_be_written_stops_the_run_and_refuses_nothing(
    two_file_systems: Settings,
) -> None:
    path = write(two_file_systems.landing_dir / SOURCE / "a.csv", orders(3, 数量="x"))
    archive_path = two_file_systems.home / "archive"
    archive_path.write_text("no folder", encoding="utf-8")
    for run in ("first", "second"):
        with pytest.raises(SetupError, match="cannot be kept in the archive"):
            ingest_run.load(two_file_systems, SOURCE, run)
    assert path.exists()
    assert one(two_file_systems, "select count(*) from ops.load") == 0
    archive_path.unlink()
    ingest_run.load(two_file_systems, SOURCE, "third")
    assert query(two_file_systems, "select run_id, status from ops.load") == [("third", "refused")]
    assert not path.exists()


def test_a_file_replaced_while_it_is_archived_is_another_delivery(
    two_file_systems: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(two_file_systems.landing_dir / SOURCE / "a.csv", orders(6))
    fsync = os.fsync

    def replaced(handle: int) -> None:
        write(path, orders(7))
        fsync(handle)

    with monkeypatch.context() as during:
        during.setattr(os, "fsync", replaced)
        load(two_file_systems, SOURCE, path)
    assert path.exists()
    (result,) = load(two_file_systems, SOURCE, path)
    assert (result.status, result.rows_in) == ("accepted", 7)
