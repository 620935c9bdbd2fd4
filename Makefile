# The two commands: `make demo` and `make test`. Both set up all they need.
SHELL := /bin/bash
BIN := .venv/bin
export PYTHONUNBUFFERED := 1
# Tests start Python a thousand times: what is compiled is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=
# Half of the time tests wait for machines: four side by side keep two cores busy.
WORKERS ?= 4

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

demo: venv ## Boot a demo practice of real hosts, harden it, verify it, write the report
	@$(BIN)/socle demo up

demo-down: venv ## Stop the demo practice and remove all that it started
	@$(BIN)/socle demo down

PYTEST = $(BIN)/pytest -v -n $(WORKERS) --no-loadscope-reorder --durations=25

TESTS = tests/vm tests/lab tests/unit roles/*/tests

test: venv ## Run the tests, on real hosts and a virtual machine where the computer can boot them
	@$(BIN)/socle lab prepare --vm
	@echo "==> Tests; the longest are left to make proofs"
	@$(PYTEST) -m "not proof" $(TESTS)

proofs: venv ## Run the tests that are too long for make test, with all of the virtual machine
	@$(BIN)/socle lab prepare --vm
	@$(PYTEST) -m "proof or vm" $(TESTS)

# Seconds after which no proof of a part begins.
LIMIT ?= 360

proofs-part: venv ## Run a seventh of the proofs, by the day of the last commit (LIMIT=360: for so long)
	@$(BIN)/socle lab prepare --vm
	@echo "==> A seventh of the proofs; what does not fit into $(LIMIT) s is named"
	@$(PYTEST) -m proof --part --seconds $(LIMIT) $(TESTS)

molecule: venv ## The Ansible role alone, as Ansible users test it
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/molecule test

lint: venv ## Formatting, types, and the linters of every language here
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline --strict site.yml roles molecule
	git ls-files '*.sh' .ci/run | xargs $(BIN)/shellcheck
	$(BIN)/socle lint

generate: venv ## Write what is generated from the rooms' settings again
	$(BIN)/socle generate

venv: .venv/installed ## Make the Python environment in .venv

.venv/installed: pyproject.toml constraints.txt
	@echo "==> Python environment in .venv"
	@tools/venv
	@touch $@

clean: demo-down ## Remove the environment and what was built
	rm -rf .venv build

.PHONY: help demo demo-down test proofs proofs-part molecule lint generate venv clean
.DEFAULT_GOAL := help
