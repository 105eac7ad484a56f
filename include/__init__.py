"""All logic of the warehouse. Nothing happens on import; DAG objects live in dags/ only."""
