"""Paths and connections: environment, then ``<home>/stack.env``, then secret files.

Non-secret values come from ``TEXTILE_*`` variables or ``<home>/stack.env``; passwords come from
``TEXTILE_*`` variables or from one file per secret in ``<home>/secrets`` (on a server:
``TEXTILE_SECRETS_DIR=/run/secrets``). No password has a default.
"""

import os
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from include.errors import SetupError

PROJECT_DIR = Path(__file__).resolve().parent.parent
# Files carry local clock times and dates; "today" is the bureau's day.
ZONE = "Asia/Shanghai"


class Role(StrEnum):
    """Database roles, each with the least rights it needs (see warehouse/schema/grants.sql)."""

    LOADER = "loader"
    TRANSFORMER = "transformer"
    PUBLISHER = "publisher"
    ANALYST = "analyst"
    BI_READER = "bi_reader"
    ADMIN = "postgres"


def home_dir() -> Path:
    """The folder of everything the project writes: ``$TEXTILE_HOME`` or ``<project>/.local``."""
    return Path(os.environ.get("TEXTILE_HOME") or PROJECT_DIR / ".local").resolve()


class Settings(BaseSettings):
    """Values of one process; create with :func:`load_settings`."""

    model_config = SettingsConfigDict(env_prefix="TEXTILE_", extra="ignore")

    home: Path = PROJECT_DIR / ".local"
    landing: Path | None = None
    pg_host: str = "127.0.0.1"
    pg_port: int | None = None
    pg_database: str = "textile"
    airflow_port: int | None = None
    superset_host: str = "127.0.0.1"
    superset_port: int | None = None
    loader_password: SecretStr | None = None
    transformer_password: SecretStr | None = None
    publisher_password: SecretStr | None = None
    analyst_password: SecretStr | None = None
    bi_reader_password: SecretStr | None = None
    postgres_password: SecretStr | None = None

    @property
    def landing_dir(self) -> Path:
        """The drop folder; one sub-folder per source."""
        return self.landing or self.home / "landing"

    def password(self, role: Role) -> str:
        """The role's password in clear, for a connection; never log it."""
        secret: SecretStr | None = getattr(self, f"{role.value}_password")
        if secret is None:
            raise SetupError(
                f"no password for database role {role.value}: run `textile up`, or set TEXTILE_"
                f"{role.value.upper()}_PASSWORD, or put it in the file textile_{role.value}_password "
                "of the secrets folder"
            )
        return secret.get_secret_value()

    def dsn(self, role: Role) -> str:
        """A ``postgresql://`` connection string for the warehouse database."""
        password = quote(self.password(role), safe="")
        return f"postgresql://{role.value}:{password}@{self.pg_host}:{self._port()}/{self.pg_database}"

    def libpq(self, role: Role) -> dict[str, str]:
        """The same as the environment variables that PostgreSQL's own programs read."""
        return {
            "PGHOST": self.pg_host,
            "PGPORT": str(self._port()),
            "PGDATABASE": self.pg_database,
            "PGUSER": role.value,
            "PGPASSWORD": self.password(role),
        }

    def _port(self) -> int:
        if self.pg_port is None:
            raise SetupError("the warehouse's port is not known: run `textile up`, or set TEXTILE_PG_PORT")
        return self.pg_port


def load_settings() -> Settings:
    """Read the settings anew: a stack that just started has chosen its ports."""
    home = home_dir()
    secrets = Path(os.environ.get("TEXTILE_SECRETS_DIR") or home / "secrets")
    return Settings(
        _env_file=home / "stack.env",
        _secrets_dir=secrets if secrets.is_dir() else None,
        home=home,
    )
