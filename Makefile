# Every verb in one place; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
TOOLS := var/tools
ENVIRONMENT := PYTHON="$(PYTHON)" VENV="$(VENV)" TOOLS="$(TOOLS)" sh marketplace/local/environment.sh
LOCAL := $(BIN)/python -m marketplace.local
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help env peers lock run test long faults lint types format migrations openapi browser clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(STAMP) ## the environment in .venv, from requirements.lock with hashes; nothing when it is up to date
	@:

$(STAMP): requirements.lock marketplace/local/environment.sh
	@$(ENVIRONMENT) sync
	@touch $@

peers: ## an environment in .venv-peers with what benchmarks compare with, beside everything of .venv
	@PYTHON="$(PYTHON)" VENV=.venv-peers TOOLS="$(TOOLS)" sh marketplace/local/environment.sh peers

lock: ## choose versions anew: requirements.lock from pyproject.toml, and that of the benchmarks
	@$(ENVIRONMENT) lock

run: env ## everything on this machine: servers, demo, web, background; PORT, DATABASE_URL, REDIS_URL override
	@exec $(LOCAL) run

test: env browser ## everything CI runs, one summary line per step
	@exec env -u ASSAY_DEMO $(LOCAL) verify

long: env ## tests that take minutes, on a million of something
	@env -u ASSAY_DEMO $(BIN)/python -m pytest -m long

faults: env ## a whole Assay under load with its parts killed, stopped and cut off; takes minutes
	@env -u ASSAY_DEMO $(BIN)/python -m pytest -m fault tests/faults

lint: env ## format check, lint, import contracts, templates
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports && $(BIN)/djlint --lint templates

types: env ## mypy, strict
	@$(BIN)/mypy manage.py marketplace workers tasks tests

format: env ## rewrite the code in the one style
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .

migrations: env ## write migrations for changed models
	@$(BIN)/python manage.py makemigrations

openapi: env ## write docs/openapi.yaml from the code
	@$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

browser: env ## Chromium for the story tests, installed where it is missing and that is possible
	@$(LOCAL) browser

clean: ## remove the environment and caches; var, with all data, stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
