"""PostgreSQL: connections, schema, load tables, tables of releases."""
