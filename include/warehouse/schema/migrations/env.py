"""Alembic runs this for every command, on the connection from include/warehouse/migrations.py."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="ops")
context.run_migrations()
