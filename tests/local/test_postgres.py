import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from include.errors import SetupError
from include.local import ports, postgres

pytestmark = pytest.mark.heavy

PASSWORD = "correct horse"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "with a space" / "cluster"
    yield folder
    postgres.stop(folder)


def start(cluster: Path, *, durable: bool = False) -> int:
    port = ports.choose()
    postgres.start(cluster, port, PASSWORD, None if durable else postgres.TEMPORARY)
    return port


def servers_of(cluster: Path) -> list[psutil.Process]:
    data = str((cluster / "data").resolve())
    return [p for p in psutil.process_iter(["name", "cwd"]) if p.info["cwd"] == data]


def test_takes_a_password_on_loopback_and_nothing_else(cluster: Path) -> None:
    port = start(cluster)
    with psycopg.connect(postgres.dsn(port, PASSWORD)) as connection:
        rules = connection.execute("select type, address, auth_method from pg_hba_file_rules").fetchall()
        settings = connection.execute(
            "select current_setting('unix_socket_directories'), current_setting('listen_addresses'),"
            " current_setting('timezone'), current_setting('server_encoding'), datlocprovider"
            " from pg_database where datname = 'postgres'"
        ).fetchone()
    assert rules == [("host", "127.0.0.1", "scram-sha-256")]
    assert settings == ("", "127.0.0.1", "Asia/Shanghai", "UTF8", "b")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.dsn(port, "wrong"))
    listening = [c.laddr.ip for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == port]
    assert set(listening) == {"127.0.0.1"}
    assert not (cluster / "superuser_password").exists()


@pytest.mark.parametrize(
    "everything", [True, False], ids=["all processes", "the server but not its backends"]
)
def test_comes_back_after_kill_9(cluster: Path, everything: bool) -> None:
    port = start(cluster, durable=True)
    with psycopg.connect(postgres.dsn(port, PASSWORD), autocommit=True) as connection:
        connection.execute("create table kept (x int)")
        connection.execute("insert into kept values (1)")
    # A backend in a long statement does not notice that its server has ended.
    busy = threading.Thread(target=run_until_killed, args=[port], daemon=True)
    busy.start()
    victims = servers_of(cluster) if everything else [postgres.find(cluster)]
    for process in victims:
        assert process
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process for process in victims if process], timeout=5)
    assert postgres.find(cluster) is None
    assert (cluster / "data" / "postmaster.pid").exists()

    port = start(cluster, durable=True)
    with psycopg.connect(postgres.dsn(port, PASSWORD)) as connection:
        assert connection.execute("select x from kept").fetchall() == [(1,)]


def run_until_killed(port: int) -> None:
    with pytest.raises(psycopg.OperationalError), psycopg.connect(postgres.dsn(port, PASSWORD)) as connection:
        connection.execute("select count(*) from generate_series(1, 10000000000)")


def test_an_incomplete_cluster_is_created_again(cluster: Path) -> None:
    draft = cluster / "data.draft"
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    start(cluster)
    assert not draft.exists()


def test_stop_leaves_no_process_and_can_be_repeated(cluster: Path) -> None:
    port = start(cluster)
    with psycopg.connect(postgres.dsn(port, PASSWORD)):
        postgres.stop(cluster)
    assert servers_of(cluster) == []
    postgres.stop(cluster)


def test_a_failed_start_reports_the_servers_log(cluster: Path) -> None:
    port = start(cluster)
    with pytest.raises(SetupError, match="running already"):
        postgres.start(cluster, port, PASSWORD)
    postgres.stop(cluster)
    with pytest.raises(SetupError, match="invalid value for parameter"):
        postgres.start(cluster, port, PASSWORD, {"shared_buffers": "a lot"})
    assert servers_of(cluster) == []
