# All paths are relative: the project can be in any folder, also one with a space in its name.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Settings of other projects must not apply here.
unexport PYTHONPATH PYTHONHOME AIRFLOW_HOME

BIN := .venv/bin
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"

.PHONY: help setup demo up bi down check test lint bench docs lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: ## install the packages into .venv (other targets run this first)
	@scripts/setup.sh

demo: setup ## generate a cluster's files, run the whole pipeline under Airflow, print the figures
	@echo "demo: a synthetic cluster from files to figures; it takes some minutes"
	@$(BIN)/textile demo

up: setup ## start PostgreSQL and Airflow on this machine, and leave them running
	@$(BIN)/textile up --airflow

bi: setup ## start PostgreSQL and Superset with the dashboard, and leave them running; prints its address
	@scripts/setup_venv.sh superset Superset
	@$(BIN)/textile up --bi

down: ## stop them; the data stays
	@if [ -x $(BIN)/textile ]; then $(BIN)/textile down; else echo "down: nothing is installed, so nothing runs"; fi

check: lint ## lint, and the tests that start no server, no browser, no Airflow, no Superset and no dbt
	@echo "check: the tests that need nothing but Python"
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 -m "not heavy"

test: setup ## all tests
	@echo "test: every test, on a PostgreSQL of its own"
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --durations=20

lint: setup ## style, types, imports, SQL style, shell scripts
	@echo "lint: ruff, mypy, import-linter, sqlfluff, shellcheck"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	@$(BIN)/shellcheck scripts/*.sh docker/*.sh .ci/run

bench: setup ## measure against raw COPY, peers and the command line; writes bench/results/
	@scripts/setup_venv.sh bench "the bench's peers" || echo "bench: continuing without them"
	@echo "bench: this takes most of an hour; docs/benchmarks.md has shorter commands"
	@$(BIN)/python -m bench

docs: setup ## write the catalogue: what every column means, its formula, source, tests and lineage
	@$(BIN)/python -m include.catalogue

lock: ## for maintainers: write requirements/ from pyproject.toml (needs uv); keeps versions that still fit
	@command -v uv > /dev/null || { echo "lock: uv is needed (pip install uv)" >&2; exit 1; }
	@echo "lock: requirements/dev.txt, requirements/runtime.txt, requirements/bench.txt, requirements/superset.txt, requirements/superset-build.txt"
	@$(LOCK) --extra dev --output-file requirements/dev.txt pyproject.toml
	@$(LOCK) --constraint requirements/dev.txt --output-file requirements/runtime.txt pyproject.toml
	@$(LOCK) --group bench --output-file requirements/bench.txt
	@$(LOCK) --group superset --exclude-newer 2026-06-01 --output-file requirements/superset.txt
	@$(LOCK) --group superset-build --exclude-newer 2026-06-01 --output-file requirements/superset-build.txt
