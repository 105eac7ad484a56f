"""The databases of a server: of the warehouse, of Airflow and of Superset."""

import psycopg
from psycopg import sql

from include.local import airflow, superset
from include.settings import Role, Settings
from include.warehouse import bootstrap


def prepare(settings: Settings, airflow_password: str, superset_password: str) -> None:
    """Create missing databases, roles and schemas; set the passwords to those of the settings."""
    admin = settings.dsn(Role.ADMIN)
    with psycopg.connect(admin, dbname="postgres", autocommit=True) as connection:
        _role(connection, airflow.DATABASE_ROLE, airflow_password)
        _role(connection, superset.DATABASE_ROLE, superset_password)
        _database(connection, settings.pg_database, Role.ADMIN.value)
        _database(connection, airflow.DATABASE, airflow.DATABASE_ROLE)
        _database(connection, superset.DATABASE, superset.DATABASE_ROLE)
        # By default every role may connect to the server's own databases.
        connection.execute("revoke connect, temporary on database postgres, template1 from public")
    passwords = {role.value: settings.password(role) for role in Role if role is not Role.ADMIN}
    bootstrap.apply(admin, passwords)


def _role(connection: psycopg.Connection, name: str, password: str) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    statement = "alter role {} login password {}" if known else "create role {} login password {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Literal(password)))


def _database(connection: psycopg.Connection, name: str, owner: str) -> None:
    if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return
    statement = sql.SQL("create database {} owner {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
    connection.execute(
        sql.SQL("revoke connect, temporary on database {} from public").format(sql.Identifier(name))
    )
