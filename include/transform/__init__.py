"""dbt: the only package that runs it."""
