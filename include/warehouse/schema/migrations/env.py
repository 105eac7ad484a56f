"""What Alembic runs for every command: on the connection that include/warehouse/migrations.py gives."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="ops")
context.run_migrations()
