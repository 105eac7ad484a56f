"""The files: whole, the same for the same release, index.html the current one, gone with their release."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import escape
from samples import order, query, write

from include.bulletin import files, page
from include.bulletin.rows import read
from include.bulletin.write import write as write_bulletin
from include.bulletin.write import write_after_switch
from include.errors import BulletinError
from include.load import loading
from include.maintenance import housekeeping
from include.release import current_release, publishing
from include.settings import Settings
from tests.bulletin.conftest import REFUSED


@pytest.fixture
def two(new_warehouse, bulletin_warehouse, tmp_path) -> Settings:
    """A second release on top of the bulletin warehouse's."""
    settings: Settings = new_warehouse(bulletin_warehouse)
    late = write(
        tmp_path / "late.csv", [order(订单号="LATE", 订单日期="2020-09-09", 更新时间="2020-09-09 10:30:00")]
    )
    loading.load_files(settings, "enterprise_orders", [late])
    assert publishing.publish(settings).release_id == 2
    return settings


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in files.current_page(settings).parent.iterdir())


def index(settings: Settings) -> str:
    """The release that index.html is of."""
    found = re.search(r"<title>.* (\d+)</title>", files.current_page(settings).read_text(encoding="utf-8"))
    assert found
    return found.group(1)


def test_each_release_has_its_page_and_index_follows_what_readers_see(two):
    assert write_bulletin(two).is_current
    assert not write_bulletin(two, 1).is_current
    assert names(two) == ["index.html", "release_1.html", "release_2.html"]
    assert index(two) == "2"
    current_release.rollback(two, 1, "test")
    assert write_after_switch(two, 1).is_current
    assert index(two) == "1"
    first = files.release_page(two, 1).read_bytes()
    assert files.current_page(two).read_bytes() == first
    # Looked back at, it is the same again. The refused file is of the first release only.
    current_release.rollback(two, 2, "test")
    write_bulletin(two, 1)
    assert files.release_page(two, 1).read_bytes() == first
    assert str(escape(REFUSED)).encode() in first
    assert str(escape(REFUSED)).encode() not in files.release_page(two, 2).read_bytes()

    query(two, "update ops.release set dropped_at = now() where release_id = 1")
    (files.current_page(two).parent / "release_notes.html").touch()
    assert files.delete_dropped(two) == 1
    assert files.delete_dropped(two) == 0
    assert names(two) == ["index.html", "release_2.html", "release_notes.html"]


def test_two_at_once_leave_one_whole_page(new_warehouse, bulletin_warehouse):
    settings = new_warehouse(bulletin_warehouse)
    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(lambda _: write_bulletin(settings), range(2)))
    assert written[0] == written[1]
    assert names(settings) == ["index.html", "release_1.html"]
    assert files.current_page(settings).read_text(encoding="utf-8").endswith("</html>")


def test_maintenance_drops_the_pages_too(new_warehouse, bulletin_warehouse):
    settings = new_warehouse(bulletin_warehouse)
    assert housekeeping.drop_expired(settings)["bulletins"] == 0


def test_a_page_that_cannot_be_written_says_that_the_release_stands(new_warehouse, bulletin_warehouse):
    settings = new_warehouse(bulletin_warehouse)
    folder = files.current_page(settings).parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(
        BulletinError,
        match=r"readers see release 1, but its bulletin is not written: .*`textile bulletin --release 1`",
    ):
        write_after_switch(settings, 1)


def test_whatever_fails_says_that_the_release_stands(bulletin_warehouse, monkeypatch):
    monkeypatch.setattr("include.bulletin.write.read", lambda *_: {}["a metric"])
    with pytest.raises(
        BulletinError, match=r"readers see release 1, .*KeyError: 'a metric'.*`textile bullet"
    ):
        write_after_switch(bulletin_warehouse, 1)


def test_a_metric_that_an_older_catalogue_has_not_is_called_by_its_column(bulletin_warehouse):
    content = read(bulletin_warehouse)
    known = [row for row in content.metrics if row["metric"] != "domestic_share"]
    assert '"label":{"zh":"domestic_share","en":"domestic_share"},"unit":"index"' in page.render(
        replace(content, metrics=known)
    )


def test_what_comes_from_files_stays_text(bulletin_warehouse):
    text = page.render(read(bulletin_warehouse))
    assert REFUSED not in text
    assert str(escape(REFUSED)) in text


def test_data_cannot_end_their_script_element():
    assert page._harmless({"a": "</script><!--\u2028"}) == '{"a":"\\u003c/script>\\u003c!--\\u2028"}'


def test_a_warehouse_without_a_finished_month_has_a_page(new_warehouse, published: Settings):
    written = write_bulletin(new_warehouse(published))
    assert Path(written.file).stat().st_size > 500_000
