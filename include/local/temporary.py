"""A temporary warehouse for one command, with its own server and home."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.local import ports, postgres, signals
from include.settings import Role, Settings
from include.warehouse import bootstrap


@contextmanager
def warehouse(below: Path) -> Iterator[Settings]:
    """Settings of an empty warehouse in a temporary folder below ``below``."""
    below.mkdir(parents=True, exist_ok=True)
    with signals.raise_on_end(), tempfile.TemporaryDirectory(prefix="temporary_", dir=below) as folder:
        home = Path(folder)
        passwords = {role.value: secrets.token_urlsafe(32) for role in Role}
        cluster, port = home / "postgres", ports.choose()
        admin = passwords[Role.ADMIN.value]
        postgres.start(cluster, port, admin, postgres.TEMPORARY)
        try:
            bootstrap.apply(postgres.dsn(port, admin), passwords)
            secret_fields = {f"{role}_password": secret for role, secret in passwords.items()}
            yield Settings.model_validate(
                {"home": home, "pg_port": port, "pg_database": "postgres", **secret_fields}
            )
        finally:
            postgres.stop(cluster)
