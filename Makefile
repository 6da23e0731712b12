# Every command of the project. `make help` lists them.
# ARGS are passed on: make run ARGS="--experiment moons_quick", make bench ARGS=--json

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

# The first Python on the path that is new enough; name another with: make run PYTHON=/path/to/python3.12
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup run replay test lint types bench diagnose-bench pictures clean

help: ## List every command
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{ printf "make %-14s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Make the environment in .venv, with the versions of constraints.txt

run: $(STAMP) ## Start the window (without a display: train the default experiment into runs/)
	@$(BIN)/python main.py $(ARGS)

replay: $(STAMP) ## Run every scenario again, and say whether it shows what it says (ARGS="NAME --seeds 3" for one)
	@$(BIN)/python main.py replay $(or $(ARGS),--all)

test: $(STAMP) ## Run all tests, without opening a window (ARGS="tests/models" for some of them)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(STAMP) ## Check style, and that imports run one way: main -> gui -> training -> models
	@$(BIN)/ruff check . $(ARGS)
	@$(BIN)/lint-imports --no-logo

types: $(STAMP) ## Check types (strict on models and training)
	@$(BIN)/mypy $(ARGS)

bench: $(STAMP) ## Measure the lab beside its peers (ARGS=--json for one JSON object)
	@$(BIN)/python -m benchmarks $(ARGS)

diagnose-bench: $(STAMP) ## Measure how often the diagnosis is right (ARGS="--set tuning --only healthy" for some runs)
	@$(BIN)/python -m benchmarks.diagnosis $(ARGS)

pictures: $(STAMP) ## Draw the README's pictures again, from the program itself
	@$(BIN)/python -m scripts.pictures $(ARGS)

clean: ## Remove the environment and everything that was generated, but not runs/
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt scripts/setup_environment.py
	@if [ -z "$(PYTHON)" ]; then \
		echo "Convergence Lab needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Install it (Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3;" >&2; \
		echo "macOS: brew install python), or name one with: make run PYTHON=/path/to/python3.12" >&2; \
		exit 2; \
	fi
	@"$(PYTHON)" scripts/setup_environment.py
