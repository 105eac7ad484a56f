"""Superset's configuration, on this machine and on a server.

Runs in Superset's own Python (``.venv-superset``), so it cannot import the project.
"""

import os
from pathlib import Path


def _secret(name: str) -> str:
    return (Path(os.environ["TEXTILE_SECRETS_DIR"]) / f"textile_superset_{name}").read_text().strip()


SECRET_KEY = _secret("secret_key")
# Generated passwords need no escaping in an address.
SQLALCHEMY_DATABASE_URI = (
    f"postgresql+psycopg2://superset:{_secret('db_password')}"
    f"@{os.environ['TEXTILE_PG_HOST']}:{os.environ['TEXTILE_PG_PORT']}/superset"
)

APP_NAME = "Lanxi textile"
LANGUAGES = {
    "zh": {"flag": "cn", "name": "简体中文"},
    "en": {"flag": "us", "name": "English"},
}
BABEL_DEFAULT_LOCALE = "en"

# No cache: a publish or a rollback is visible at once, and queries take milliseconds
# (docs/adr/0024-dashboard.md). It is Superset's default, but the tests rely on it.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# Server and browser send no request to other machines. The content security policy stops the
# tracking pixel, which SCARF_ANALYTICS=false does not.
FAB_API_SWAGGER_UI = False
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # a TLS proxy does that, see docs/server.md
    "session_cookie_secure": False,
}

# All twelve charts are drawn at once, so that the page can be printed.
FEATURE_FLAGS = {"DASHBOARD_VIRTUALIZATION": False}
# The same as bi_reader's statement_timeout.
SUPERSET_WEBSERVER_TIMEOUT = 60
ROW_LIMIT = 5000
