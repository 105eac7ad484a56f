"""Passwords and keys of the stack: generated once, one file each, readable by their owner only.

The file names are what ``include.settings`` and :class:`AirflowSecrets` read; on a server the same
names are Docker secrets in ``/run/secrets``.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from include.errors import SetupError
from include.settings import Role, home_dir


def _password() -> str:
    return secrets.token_urlsafe(32)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


# Every secret of the stack and the function that generates it.
MAKERS: dict[str, Callable[[], str]] = {
    **{f"textile_{role.value}_password": _password for role in Role},
    "textile_airflow_db_password": _password,
    "textile_airflow_admin_password": _password,
    "textile_airflow_jwt_secret": _password,
    "textile_airflow_api_secret": _password,
    "textile_airflow_fernet_key": _fernet_key,
    "textile_superset_db_password": _password,
    "textile_superset_admin_password": _password,
    "textile_superset_secret_key": _password,
}


class AirflowSecrets(BaseSettings):
    """Airflow's secrets; create with :func:`airflow_secrets`."""

    model_config = SettingsConfigDict(env_prefix="TEXTILE_AIRFLOW_", extra="ignore")

    db_password: SecretStr
    admin_password: SecretStr
    jwt_secret: SecretStr
    api_secret: SecretStr
    fernet_key: SecretStr


def secrets_dir() -> Path:
    """The folder of the secret files: ``$TEXTILE_SECRETS_DIR`` or ``<home>/secrets``."""
    return Path(os.environ.get("TEXTILE_SECRETS_DIR") or home_dir() / "secrets")


def airflow_secrets() -> AirflowSecrets:
    """Read Airflow's secrets from the environment or the secrets folder; SetupError names what is missing."""
    folder = secrets_dir()
    try:
        return AirflowSecrets(_secrets_dir=folder if folder.is_dir() else None)
    except ValidationError as error:
        missing = ", ".join(f"textile_airflow_{problem['loc'][0]}" for problem in error.errors())
        raise SetupError(f"Airflow's secrets are missing in {folder}: {missing}; run `textile up`") from None


def superset_secret(name: str) -> str:
    """One of Superset's secrets, such as ``db_password``; SetupError when its file is missing."""
    path = secrets_dir() / f"textile_superset_{name}"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise SetupError(f"Superset's secret {path} is missing; run `textile up`") from None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (0600), whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        # A password lost in a power failure would make its database unusable.
        os.fsync(descriptor)
    draft.replace(path)


def generate_missing(folder: Path) -> dict[str, str]:
    """Generate every secret that ``folder`` lacks (folder 0700, files 0600); returns all by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    values: dict[str, str] = {}
    for name, make in MAKERS.items():
        path = folder / name
        if not path.exists():
            write_private(path, make())
        values[name] = path.read_text(encoding="utf-8")
    return values
