"""The PostgreSQL side: schema, load log, accepting rows, releases."""
