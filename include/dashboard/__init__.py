"""The live dashboard: from the dbt project and the files in ``dashboards/`` into Superset."""
