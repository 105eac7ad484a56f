"""PostgreSQL itself: connections, schema, load tables, tables of releases."""
