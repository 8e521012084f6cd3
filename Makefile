# rctspark. `make` alone lists what there is.
.DEFAULT_GOAL := help
EXPERIMENT ?= ww
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PYTHONPATH := src
export MLFLOW_DISABLE_TELEMETRY := true
RUN := $(BIN)/python
DELIVERIES_OF_DEMO := out/deliveries/$(EXPERIMENT)

.PHONY: help setup java key demo run penn register compare monitor quality-release test test-fast test-long check \
	format lock docs ui clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup key ## Run an experiment from generated files to the report (EXPERIMENT=ww)
	@$(RUN) jobs/make_twin.py --experiment $(EXPERIMENT) --folder $(DELIVERIES_OF_DEMO)
	@# The plan goes on record before the first delivery is read.
	@$(RUN) jobs/run_chain.py --plan $(EXPERIMENT) --deliveries $(DELIVERIES_OF_DEMO) --register

run: setup key ## Run the chain on files: PLAN=<experiment or file> DELIVERIES=<folder>
	@test -n "$(PLAN)" -a -n "$(DELIVERIES)" || \
		{ echo "Say PLAN=<experiment or file> and DELIVERIES=<folder>." >&2; exit 2; }
	@$(RUN) jobs/run_chain.py --plan "$(PLAN)" --deliveries "$(DELIVERIES)"

penn: setup key ## Run the Pennsylvania bonus trial: DATA=<folder with its file>
	@test -n "$(DATA)" || { echo "Say DATA=<folder with penn_reemployment_bonus.dat>."; exit 2; }
	@mkdir -p out/deliveries/penn/penn_claims
	@cp "$(DATA)/penn_reemployment_bonus.dat" out/deliveries/penn/penn_claims/
	@$(RUN) jobs/run_chain.py --plan penn --deliveries out/deliveries/penn

register: setup ## Register a plan, before outcomes are seen: EXPERIMENT=ww or PLAN=<file>
	@$(RUN) jobs/register_plan.py --plan "$(or $(PLAN),$(EXPERIMENT))"

compare: setup ## Compare results on two data versions: FROM=<name or day> TO=<name or day>
	@test -n "$(FROM)" -a -n "$(TO)" || \
		{ echo "Say FROM=<data version or day> TO=<data version or day>."; exit 2; }
	@$(RUN) jobs/compare_versions.py --plan "$(or $(PLAN),$(EXPERIMENT))" --compare "$(FROM)" "$(TO)"

monitor: setup ## Watch a running trial: DAY=<yyyy-mm-dd>, as known then
	@test -n "$(DAY)" || { echo "Say DAY=<yyyy-mm-dd>."; exit 2; }
	@$(RUN) jobs/monitor_trial.py --plan "$(or $(PLAN),$(EXPERIMENT))" --as-known-on $(DAY)

quality-release: setup ## Write a copy of the quality site that may leave: small counts masked
	@$(RUN) jobs/write_quality_site.py --plan "$(or $(PLAN),$(EXPERIMENT))" --masked

TRACKING_URI = $$($(RUN) -c 'from pathlib import Path; from rctspark.config import read_settings; print(read_settings(Path()).tracking_uri)')
ui: setup ## Show the tracked runs (MLflow) on this machine
	@$(BIN)/mlflow ui --backend-store-uri "$(TRACKING_URI)" --host 127.0.0.1 --port 5000

# Files go to two workers, the slow ones first (tests/conftest.py); a core for each.
TWO_WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
test test-long: export OMP_NUM_THREADS := 1

test: setup ## Every behaviour on small inputs
	@$(BIN)/pytest -q -m "not long" $(TWO_WORKERS)

test-fast: setup ## Tests that need no Spark
	@$(BIN)/pytest -q -m "not long and not spark"

test-long: setup ## Real kills, full twins, all plans, simulations
	@$(BIN)/pytest -q -m long $(TWO_WORKERS)

check: setup ## Format, lint, types, architecture: changes nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## Format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup ## Write the pages that are made from contracts and settings
	@$(RUN) jobs/write_docs.py

setup: .venv/installed java .jars/checked ## Install what the lock files say, Java, Delta's jars

.venv/installed: requirements-bootstrap.lock requirements-dev.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else \
		"rctspark needs Python 3.11, not %d.%d: install it, or say PYTHON=<path>." % v)'
	@$(PYTHON) -m venv .venv || \
		{ echo ".venv could not be made, see above; where ensurepip is missing, install python3-venv." >&2; \
		exit 20; }
	@echo "         installing packages (first time: about two minutes)" >&2
	@$(BIN)/pip install -q --require-hashes -r requirements-bootstrap.lock
	@$(BIN)/uv pip sync -q --require-hashes --no-build-isolation --python $(BIN)/python \
		requirements-bootstrap.lock requirements-dev.lock
	@touch $@

java: .venv/installed
	@$(RUN) -m rctspark.runtime.provision java

.jars/checked: conf/base/jars.sha256 | java
	@$(RUN) -m rctspark.runtime.provision jars
	@touch $@

key: .venv/installed ## Make the key of the pseudonyms, unless there is one
	@$(RUN) -m rctspark.runtime.provision key=out/pseudonym.key

lock: .venv/installed ## Write the lock files anew from pyproject.toml
	@$(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml --group dev \
		-c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --group bootstrap -o requirements-bootstrap.lock
	@$(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" --group java -o requirements-java.lock

clean: ## Remove what runs have made (out/), not what was installed
	@rm -rf out
