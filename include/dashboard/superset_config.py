"""What Superset reads as its configuration, on this machine and on a server.

Runs in Superset's own Python (``.venv-superset``): it may import nothing of ours.
"""

import os
from pathlib import Path


def _secret(name: str) -> str:
    return (Path(os.environ["TEXTILE_SECRETS_DIR"]) / f"textile_superset_{name}").read_text().strip()


SECRET_KEY = _secret("secret_key")
# Generated passwords have no character that means something in an address.
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

# No answer is kept: a publish or a rollback shows with the next look, and a look takes milliseconds
# (docs/adr/0024-dashboard.md). That is Superset's default too; said here because the tests rely on it.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}

# Nothing leaves this machine, neither from the server nor from the browser. SCARF_ANALYTICS=false, which the
# environment sets, does not stop the browser's pixel: the page's policy does.
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
    "force_https": False,  # a TLS proxy's business, see docs/server.md
    "session_cookie_secure": False,
}

# Twelve charts: all are drawn at once, so that the page can be printed.
FEATURE_FLAGS = {"DASHBOARD_VIRTUALIZATION": False}
# As bi_reader's statement_timeout: waiting longer is of no use.
SUPERSET_WEBSERVER_TIMEOUT = 60
ROW_LIMIT = 5000
