"""Upgrade Superset's own database and create its roles and the user admin; safe to run at every start.

Runs in Superset's own Python (``.venv-superset``), in one process, because each of Superset's commands for
this (``db upgrade``, ``fab create-admin``, ``init``) takes seconds to start.
"""

import os
from pathlib import Path

from flask_migrate import upgrade
from superset.app import create_app
from werkzeug.security import check_password_hash

ADMIN_USER = "admin"


def main() -> None:
    """Upgrade the schema, create permissions, roles and the admin with the password of the secret file."""
    app = create_app()
    with app.app_context():
        upgrade()
        # Superset's extensions exist only within an application.
        from superset import appbuilder, security_manager

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        _set_admin(security_manager)


def _set_admin(security_manager: object) -> None:
    folder = Path(os.environ["TEXTILE_SECRETS_DIR"])
    password = (folder / "textile_superset_admin_password").read_text().strip()
    user = security_manager.find_user(ADMIN_USER)
    if user is None:
        role = security_manager.find_role("Admin")
        security_manager.add_user(ADMIN_USER, "Admin", "", "admin@localhost", role, password)
    elif not check_password_hash(user.password, password):
        security_manager.reset_password(user.id, password)


if __name__ == "__main__":
    main()
