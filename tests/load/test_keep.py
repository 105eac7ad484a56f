"""Keeping a delivered file: between two file systems, against its will, and killed at any step."""

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
# A file system in memory, which Linux always has and any user may write to.
OTHER_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108 -- each test makes a folder of its own there


@contextmanager
def _as_plain_user() -> Iterator[None]:
    """Without root's power to read and write everything; nothing to do where the tests have no such power."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def apart(warehouse: Settings) -> Iterator[Settings]:
    """A warehouse whose drop folder is on another file system than its archive; any user may enter both."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        landing = stack.enter_context(tempfile.TemporaryDirectory(dir=OTHER_FILE_SYSTEM))
        assert Path(home).stat().st_dev != Path(landing).stat().st_dev
        shutil.copytree(warehouse.home, home, dirs_exist_ok=True)
        (Path(landing) / SOURCE).mkdir()
        for place in (Path(home), Path(landing), Path(landing) / SOURCE):
            place.chmod(0o777)
        yield warehouse.model_copy(update={"home": Path(home), "landing": Path(landing)})


def _archived(settings: Settings) -> dict[str, list[str]]:
    """Names in the archive without their hashes, by status."""
    kept = sorted((settings.home / "archive").glob("*/*/*"))
    found: dict[str, list[str]] = {}
    for path in kept:
        found.setdefault(path.parent.name, []).append(path.name.partition("_")[2])
    return found


def test_files_of_every_verdict_are_kept_on_another_file_system(apart: Settings) -> None:
    folder = apart.landing_dir / SOURCE
    for name in ("a.csv", "b.csv"):
        write(folder / name, orders(6))
    (folder / "c.csv").write_bytes(b"<html>")
    results = load(apart, SOURCE, *drop_folder.find(apart.landing_dir, SOURCE))
    assert [r.status for r in results] == ["accepted", "duplicate", "refused"]
    assert _archived(apart) == {
        "accepted": ["a.csv"],
        "duplicate": ["b.csv"],
        "refused": ["c.csv", "c.csv.reason.txt"],
    }
    assert list(folder.iterdir()) == []


def test_a_manifest_is_kept_beside_its_file(apart: Settings) -> None:
    path = write_download(apart.landing_dir / "customs_statistics" / "a.csv", cells(6))
    (result,) = load(apart, "customs_statistics", path)
    assert (result.status, _archived(apart)) == ("accepted", {"accepted": ["a.csv", "a.csv.yml"]})
    assert list(path.parent.iterdir()) == []


def _unreadable(path: Path) -> Callable[[], object]:
    write(path, orders(6)).chmod(0)
    return lambda: path.chmod(0o644)


def _unreadable_manifest(path: Path) -> Callable[[], object]:
    write(path, orders(6))
    beside = path.with_name(f"{path.name}.yml")
    beside.write_text("currency: CNY\n", encoding="utf-8")
    beside.chmod(0)
    return lambda: beside.chmod(0o644)


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


LEFT: dict[str, tuple[Callable[[Path], Callable[[], object]], str, str]] = {
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
if os.geteuid() == 0:  # takes two users
    LEFT["file of another"] = (_in_a_folder(0o1777), "file_not_removable", "a.csv: cannot be removed")


@pytest.mark.parametrize("kind", LEFT)
def test_what_cannot_be_kept_is_refused_left_and_said_once(
    kind: str, apart: Settings, warehouse: Settings, tmp_path: Path, messages: list[str]
) -> None:
    make, rule, said = LEFT[kind]
    load(
        warehouse, SOURCE, write(tmp_path / "before.csv", orders(1))
    )  # whoever has no rights imports nothing
    folder = apart.landing_dir / SOURCE
    correct = make(folder / "a.csv")
    for run in ("first", "second"):
        write(folder / f"{run}.csv", orders(3, 订单号=run))
        with _as_plain_user():
            ingest_run.load(apart, SOURCE, run)
    refused = query(
        apart, "select run_id, failed_rules, message, kept_path from ops.load where status = 'refused'"
    )
    assert [(run, rules, kept) for run, rules, _, kept in refused] == [("first", [rule], None)]
    assert refused[0][2].startswith(said)
    assert "left in the drop folder" in (ingest_run.refusals(apart, SOURCE, "first") or "")
    assert ingest_run.refusals(apart, SOURCE, "second") is None
    assert sum("is still in the drop folder" in line for line in messages) == 1
    assert one(apart, "select count(*) from raw.enterprise_orders where order_no in ('first', 'second')") == 6
    assert len(drop_folder.find(apart.landing_dir, SOURCE)) == 1
    correct()
    with _as_plain_user():
        ingest_run.load(apart, SOURCE, "third")
    assert one(apart, "select count(*) from ops.load where run_id = 'third' and kept_path is not null") == 1
    assert drop_folder.find(apart.landing_dir, SOURCE) == []


def test_a_retried_run_still_fails_for_what_it_left(apart: Settings) -> None:
    (apart.landing_dir / SOURCE / "a.csv").symlink_to(__file__)
    for _ in "first", "retried":
        ingest_run.load(apart, SOURCE, "run")
        assert "1 of 1 files" in (ingest_run.refusals(apart, SOURCE, "run") or "")
    assert one(apart, "select count(*) from ops.load") == 1


def test_a_person_who_names_the_file_is_told_each_time(apart: Settings) -> None:
    link = apart.landing_dir / SOURCE / "a.csv"
    link.symlink_to(__file__)
    for _ in range(2):
        (result,) = load(apart, SOURCE, link)
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
# Of a file and its manifest: each on the disk and under its name, the names on the disk; each moved, each
# deleted, and the folder they were moved to. The file is no longer under its name from step 8 on.
STEPS, MOVED = 10, 8


def _loader(settings: Settings, at: int, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLER, str(at), str(path)],
        env={**os.environ, **environment(settings), "TEXTILE_LANDING": str(settings.landing_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("at", [1, 4, 6, 7, MOVED, 9, STEPS])
def test_killed_while_it_keeps_a_file_the_loader_loses_nothing(at: int, apart: Settings) -> None:
    path = write(apart.landing_dir / SOURCE / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("currency: CNY\n", encoding="utf-8")
    content = path.read_bytes()
    assert _loader(apart, at, path).returncode == -signal.SIGKILL
    kept = list((apart.home / "archive" / SOURCE / "accepted").glob("*_a.csv"))
    assert [whole.read_bytes() for whole in kept] in ([], [content])
    assert path.exists() or kept
    assert ingest_run.waiting(apart, SOURCE) > 0
    results = load(apart, SOURCE, *drop_folder.find(apart.landing_dir, SOURCE))
    assert [r.status for r in results] == (["duplicate"] if at < MOVED else [])
    kept_path = one(apart, "select kept_path from ops.load where status = 'accepted'")
    assert (apart.home / kept_path).read_bytes() == content
    assert (apart.home / f"{kept_path}.yml").read_text(encoding="utf-8") == "currency: CNY\n"
    assert list(path.parent.iterdir()) == []
    assert one(apart, "select count(*) from raw.enterprise_orders") == 6


@pytest.mark.parametrize("at", [7, MOVED, 9])
def test_a_manifest_that_a_killed_loader_left_completes_no_later_file(at: int, apart: Settings) -> None:
    path = write(apart.landing_dir / SOURCE / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("product_name: 牛仔布\n", encoding="utf-8")
    assert _loader(apart, at, path).returncode == -signal.SIGKILL
    without_product = [{n: v for n, v in row.items() if n != "品名"} for row in orders(6, 订单号="NEXT")]
    write(path.with_name("next.part"), without_product).rename(path)
    (result,) = load(apart, SOURCE, path)
    assert (result.status, result.accepted) == ("accepted", 6)
    assert query(
        apart, "select distinct product_name from raw.enterprise_orders where order_no = 'NEXT'"
    ) == [(None,)]
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("replaced", ["a.csv", "a.csv.yml"])
def test_what_was_replaced_after_it_was_kept_is_not_removed(replaced: str, tmp_path: Path) -> None:
    """By a file of the same size and time, as a copying program sets it."""
    path = write(tmp_path / "a.csv", orders(6))
    path.with_name("a.csv.yml").write_text("currency: CNY\n", encoding="utf-8")
    kept = drop_folder.fingerprint(path, tmp_path)
    place = tmp_path / replaced
    time_ns, content = place.stat().st_mtime_ns, place.read_bytes()[::-1]
    place.with_name("other").write_bytes(content)
    place.with_name("other").rename(place)
    os.utime(place, ns=(time_ns, time_ns))
    archive.remove(kept)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.csv", "a.csv.yml"]
    assert place.read_bytes() == content


def test_a_replaced_file_waits_for_its_name_when_the_loader_was_killed(apart: Settings) -> None:
    path = write(apart.landing_dir / SOURCE / "a.csv", orders(6))
    taken = path.with_name(f".taken-{'0' * 64}--x")
    write(taken / "a.csv", orders(7, 订单号="SO-2"))
    for accepted in (6, 7):
        (result,) = load(apart, SOURCE, *drop_folder.find(apart.landing_dir, SOURCE))
        assert (result.status, result.accepted) == ("accepted", accepted)
        load(apart, SOURCE)
    assert list(path.parent.iterdir()) == []


def test_an_archive_that_cannot_be_written_stops_the_run_and_refuses_nothing(apart: Settings) -> None:
    path = write(apart.landing_dir / SOURCE / "a.csv", orders(3, 数量="x"))
    place = apart.home / "archive"
    place.write_text("no folder", encoding="utf-8")
    for run in ("first", "second"):
        with pytest.raises(SetupError, match="cannot be kept in the archive"):
            ingest_run.load(apart, SOURCE, run)
    assert path.exists()
    assert one(apart, "select count(*) from ops.load") == 0
    place.unlink()
    ingest_run.load(apart, SOURCE, "third")
    assert query(apart, "select run_id, status from ops.load") == [("third", "refused")]
    assert not path.exists()


def test_a_file_replaced_while_it_is_kept_is_another_delivery(
    apart: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(apart.landing_dir / SOURCE / "a.csv", orders(6))
    fsync = os.fsync

    def replaced(handle: int) -> None:
        write(path, orders(7))
        fsync(handle)

    with monkeypatch.context() as during:
        during.setattr(os, "fsync", replaced)
        load(apart, SOURCE, path)
    assert path.exists()
    (result,) = load(apart, SOURCE, path)
    assert (result.status, result.rows_in) == ("accepted", 7)
