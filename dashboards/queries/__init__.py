"""The dashboards' only SQL: a connection to the published marts and a scope in, a DataFrame out."""
