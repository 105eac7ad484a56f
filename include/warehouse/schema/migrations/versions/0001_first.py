"""The tables of ops and store."""

from include.warehouse.migrations import run_sql_file_of

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql_file_of(__file__)
