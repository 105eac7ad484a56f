import subprocess
from pathlib import Path

from include.local import unprivileged


def test_the_account_of_the_server_reaches_its_folder_and_nothing_beside_it(tmp_path: Path) -> None:
    """Under a home that is shut: as root for another account, as a user for oneself."""
    home = tmp_path / "home"
    cluster = home / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "inside").write_text("data")
    (home / "beside").write_text("secret")
    home.chmod(0o700)
    who = unprivileged.account(cluster)
    with unprivileged.open_folder(cluster, who) as way:
        drop = ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}", "--clear-groups"] if who else []

        def read(path: Path) -> str:
            command = [*drop, "cat", str(path)]
            done = subprocess.run(
                command, pass_fds=way.descriptors, capture_output=True, text=True, check=False
            )
            return done.stdout

        assert read(way.path / "inside") == "data"
        assert (read(home / "beside"), read(way.path / ".." / "beside")) == (
            ("", "") if who else ("secret", "secret")
        )
