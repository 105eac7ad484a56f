"""The local stack: PostgreSQL from a wheel and Airflow's services, all on loopback, all below one folder."""
