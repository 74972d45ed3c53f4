# The lake, the marts and Dagster's history live under WEIR_HOME (default .weir).
.DEFAULT_GOAL := help
.PHONY: help setup demo ui kafka check test soak bench clean
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false

help:  ## these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: .venv/bin/weir  ## install what uv.lock names into .venv

.venv/bin/weir: uv.lock pyproject.toml scripts/setup
	@scripts/setup

demo: setup  ## simulate, land, score, judge and build the marts, through Dagster
	@.venv/bin/weir demo

ui: setup  ## open Dagster and the dashboards on what was built
	@.venv/bin/weir ui

kafka: setup  ## a Kafka broker on this machine without Docker, at 127.0.0.1:9092, until Ctrl-C
	@.venv/bin/python -m tests.kafka_broker

check: setup  ## lint, types, every mart parsed as Redshift SQL, docker-compose.yml against its specification
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/basedpyright --level error
	.venv/bin/python -m dbt_project.parse
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

test: setup  ## every test, in three processes with a Spark session each
	@scripts/browser
	.venv/bin/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

soak: setup  ## the stream under load from Kafka: 200 kills, what they lost or doubled; then an hour, and what grew
	.venv/bin/python -m tests.soak
	.venv/bin/python -m bench.live 60

bench: setup  ## speed and memory, printed with the machine, cores and versions
	.venv/bin/python -m bench

clean:  ## remove what was built here, and the lake in .weir with it
	rm -rf .weir .venv .uv dbt_project/target
