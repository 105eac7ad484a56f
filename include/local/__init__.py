"""The local stack: PostgreSQL from a wheel, Airflow and Superset on loopback, below one folder."""
