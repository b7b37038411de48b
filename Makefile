# Two commands: `make demo` to see it, `make test` to trust it. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: help install dev demo demo-reset test conformance lint format lock translations bench clean

help: ## list what make can do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.installed $(VENV)/.static $(VENV)/.words ## make .venv with the lti-tool command in it

dev: install $(VENV)/.dev ## the same, with everything that the tests need

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml hatch_build.py | $(BIN)/python
	@echo "Installing the pinned packages …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.static: $(wildcard lti_tool/static/*) $(VENV)/.installed
	@$(BIN)/python -m whitenoise.compress --quiet lti_tool/static
	@touch $@

$(VENV)/.words: $(wildcard lti_tool/translations/*/LC_MESSAGES/*.po) $(VENV)/.installed
	@$(BIN)/python -m lti_tool.catalogues compile
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: install ## the tool and a practice LMS, on this machine
	@$(BIN)/lti-tool demo

demo-reset: install ## forget what was done in the demonstration
	@$(BIN)/lti-tool demo --reset

test: dev ## lint, format, types and the whole suite
	@$(BIN)/python -m tests.run

bench: dev ## what it costs, as ratios beside bare programs (some minutes)
	@$(BIN)/python -m benchmarks

conformance: dev ## run the tests that prove LTI, and write docs/conformance.md
	@$(BIN)/python -m pytest -q -p tests.conformance --conformance write -m proves

lint: dev ## style and types only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

translations: dev ## bring the catalogues up to date with the words
	@$(BIN)/python -m lti_tool.catalogues update && $(BIN)/python -m lti_tool.catalogues check

format: dev ## put the code into its one shape
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock: ## pin the newest allowed versions, with hashes and without addresses (needs uv)
	@$(COMPILE) --upgrade --extra demo --extra postgres --group build pyproject.toml -o requirements.lock
	@$(COMPILE) --upgrade --extra demo --extra postgres --group dev pyproject.toml -o requirements-dev.lock
	@$(COMPILE) --upgrade tests/openedx/requirements.in -o tests/openedx/requirements.lock

clean: ## remove the environment; var/ (your data) stays
	@rm -rf $(VENV) dist
