# `make help` lists what there is. Each target sets up what it needs: Python 3.11 or newer and make are enough.

VENV := .venv
BIN := $(VENV)/bin
# On two processes, each with servers of its own; a file's tests stay together.
TESTS := $(BIN)/pytest --numprocesses 2 --dist loadfile
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
# A network may have a certificate authority of its own: uv reads the system's list where there is one.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS := 1
endif

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check soak bench seed-large contracts fmt clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: pyproject.toml uv.lock $(wildcard */pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml)
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Motcua needs Python 3.11 or newer as python3."; exit 1; }
	@test -x $(BIN)/python || { echo "Making the environment in $(VENV) …"; python3 -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }
	@command -v $(UV) >/dev/null || { echo "Fetching uv …"; $(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14'; }
	@echo "Installing what uv.lock pins …"
	@$(UV) sync --frozen --compile-bytecode
	@touch $@

$(VENV)/.linters: $(VENV)/.ready
	@echo "Installing what checks deploy/ …"
	@$(UV) sync --frozen --quiet --group deploy
	@touch $@

setup: $(VENV)/.ready ## Make the environment

run: setup ## Start the whole platform on this machine and play one case through it
	@$(BIN)/python -m launcher run

demo: setup ## Play further cases against the running platform
	@$(BIN)/python -m launcher demo

test: setup ## Run all tests, on a real PostgreSQL and a real Kafka
	@$(TESTS)

check: setup $(VENV)/.linters ## What CI runs: format, lint, types, import rules, migrations, contracts, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(TESTS)

soak: setup ## Kill every process at random, 100 times, under load (long)
	@$(BIN)/python -m tests.soak

bench: setup ## Print the table of measured ratios (minutes)
	@$(BIN)/python -m tests.bench

seed-large: setup ## Make a database of a million invented cases (minutes; 12 GB)
	@$(BIN)/python -m tests.seed

contracts: setup ## Write openapi.json, asyncapi.json, the event schemas and the problems anew
	@$(BIN)/python -m tests.contracts

fmt: setup ## Format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

clean: ## Remove the environment and all caches (what the platform stored stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
