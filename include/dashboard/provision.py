"""Import the dashboard into a running Superset; a second import changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg

from include.dashboard import bundle
from include.errors import SetupError
from include.settings import Role, Settings

ADMIN_USER = "admin"


def provision(settings: Settings, address: str, password: str) -> str:
    """Import database, datasets, charts and dashboard; returns the dashboard's address. Raises SetupError.

    ``address``: Superset's, without a slash at the end; ``password``: of its user ``admin``.
    """
    with connect(address, password) as client:
        answer = client.post(
            "/api/v1/assets/import/",
            files={"bundle": ("bundle.zip", bundle.bundle(settings), "application/zip")},
        )
    if answer.is_error:
        raise SetupError(f"Superset answered {answer.status_code} to the dashboard: {answer.text[:2000]}")
    return f"{address}/superset/dashboard/{bundle.dashboard()['slug']}/"


def has_release(settings: Settings) -> bool:
    """Whether there is a release for the dashboard to show."""
    with psycopg.connect(settings.dsn(Role.BI_READER)) as reader:
        return reader.execute("select from marts.release_info").fetchone() is not None


@contextmanager
def connect(address: str, password: str) -> Iterator[httpx.Client]:
    """A client that is logged in as admin; SetupError when there is no login."""
    login = {"username": ADMIN_USER, "password": password, "provider": "db"}
    # trust_env off: a proxy cannot reach our loopback.
    with httpx.Client(base_url=address, timeout=300, trust_env=False) as client:
        try:
            token = client.post("/api/v1/security/login", json=login).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {token['access_token']}"
            csrf = client.get("/api/v1/security/csrf_token/").raise_for_status().json()
        except httpx.HTTPError as error:
            raise SetupError(f"no login to Superset at {address} ({error}): see `textile status`") from error
        client.headers.update({"X-CSRFToken": csrf["result"], "Referer": address})
        yield client
