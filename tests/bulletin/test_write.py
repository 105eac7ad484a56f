"""The files of the bulletin: complete, reproducible, index.html of the current release, dropped with it."""

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
def two_releases(new_warehouse, bulletin_warehouse, tmp_path) -> Settings:
    """A copy of the bulletin warehouse with a second release."""
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


def test_each_release_has_its_page_and_index_follows_what_readers_see(two_releases):
    assert write_bulletin(two_releases).is_current
    assert not write_bulletin(two_releases, 1).is_current
    assert names(two_releases) == ["index.html", "release_1.html", "release_2.html"]
    assert index(two_releases) == "2"
    current_release.rollback(two_releases, 1, "test")
    assert write_after_switch(two_releases, 1).is_current
    assert index(two_releases) == "1"
    first = files.release_page(two_releases, 1).read_bytes()
    assert files.current_page(two_releases).read_bytes() == first
    # Written again later it is the same. The refused file is of the first release only.
    current_release.rollback(two_releases, 2, "test")
    write_bulletin(two_releases, 1)
    assert files.release_page(two_releases, 1).read_bytes() == first
    assert str(escape(REFUSED)).encode() in first
    assert str(escape(REFUSED)).encode() not in files.release_page(two_releases, 2).read_bytes()

    query(two_releases, "update ops.release set dropped_at = now() where release_id = 1")
    (files.current_page(two_releases).parent / "release_notes.html").touch()
    assert files.delete_dropped(two_releases) == 1
    assert files.delete_dropped(two_releases) == 0
    assert names(two_releases) == ["index.html", "release_2.html", "release_notes.html"]


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


def test_an_unwritable_page_reports_that_the_release_is_published(new_warehouse, bulletin_warehouse):
    settings = new_warehouse(bulletin_warehouse)
    folder = files.current_page(settings).parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(
        BulletinError,
        match=r"readers see release 1, but its bulletin is not written: .*`textile bulletin --release 1`",
    ):
        write_after_switch(settings, 1)


def test_any_failure_reports_that_the_release_is_published(bulletin_warehouse, monkeypatch):
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


def test_text_from_files_is_escaped(bulletin_warehouse):
    text = page.render(read(bulletin_warehouse))
    assert REFUSED not in text
    assert str(escape(REFUSED)) in text


def test_data_cannot_end_their_script_element():
    assert page._escape_json({"a": "</script><!--\u2028"}) == '{"a":"\\u003c/script>\\u003c!--\\u2028"}'


def test_a_warehouse_without_a_finished_month_has_a_page(new_warehouse, published: Settings):
    written = write_bulletin(new_warehouse(published))
    assert Path(written.file).stat().st_size > 500_000
