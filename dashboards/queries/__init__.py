"""The dashboards' only SQL: a connection to the published marts and a scope in, a DataFrame out."""

# the JSON in `decisions.reasons`, for from_json
REASONS = '[{"rule": "varchar", "points": "integer", "text": "varchar"}]'
