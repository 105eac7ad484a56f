"""The dashboard in Superset, from the dbt project and the files in ``dashboards/``."""
