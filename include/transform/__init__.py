"""The only place that starts dbt."""
