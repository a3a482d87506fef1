# The verbs of likvard. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export DO_NOT_TRACK = 1
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export GX_ANALYTICS_ENABLED = false
# One thread per fit: sums come out in the same order on every machine, and shared cores do not fight.
export OPENBLAS_NUM_THREADS = 1
export OMP_NUM_THREADS = 1
CLAIM ?= all
WORKERS ?= 2

.PHONY: help demo test ui lint format types prove mutate bench golden docs screenshot lock sbom clean contract superset spark environment environment-bench environment-superset environment-spark

help: ## list these verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

environment: ## build .venv from the test lock, once
	@tools/environment.sh .venv requirements/test.txt "$(PYTHON)"

environment-bench: ## build .venv-bench from the bench lock, once
	@tools/environment.sh .venv-bench requirements/bench.txt "$(PYTHON)"

environment-superset: ## build .venv-superset from its own lock, once
	@tools/environment.sh .venv-superset requirements/superset.txt "$(PYTHON)" bare

environment-spark: ## build .venv-spark from its own lock, once
	@tools/environment.sh .venv-spark requirements/spark.txt "$(PYTHON)" bare

demo: environment ## run the main job on the built-in example municipality
	@.venv/bin/likvard demo

ui: environment ## open the Dagster UI with the history of ./var
	@.venv/bin/likvard ui

test: environment ## set everything up and run all tests
	@.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: environment ## formatter, linters, types and the architecture; fails when one of them does
	@.venv/bin/ruff format --check --quiet . && .venv/bin/ruff check --quiet .
	@.venv/bin/sqlfluff lint dbt_project/models dbt_project/tests
	@.venv/bin/lint-imports
	@.venv/bin/mypy

format: environment ## format the Python
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

prove: environment-bench ## measure the claims of the docs (CLAIM=main for one group)
	@.venv-bench/bin/python -m bench.prove $(CLAIM)

bench: environment-bench ## measure every step from one municipality to a nation; an hour or more
	@.venv-bench/bin/python -m bench.scale && $(MAKE) --no-print-directory docs

mutate: environment-bench ## mutate money, need and publication, a random sample; an hour or more (SHARE=0.02, ROUND=2, ONLY=path)
	@.venv-bench/bin/python -m bench.mutation.run --workers $(WORKERS) $(if $(SHARE),--share $(SHARE)) $(if $(ROUND),--round $(ROUND)) $(ONLY)

docs: environment ## write the generated pages of docs/
	@.venv/bin/python -m bench.pages

contract: environment ## keep the present published contract as released
	@.venv/bin/python -m bench.contract

screenshot: environment-bench ## take the pictures of the docs: the UI from a running webserver, the pages from a built site
	@.venv-bench/bin/python -m bench.screenshot
	@.venv-bench/bin/python -m bench.page_pictures

superset: environment-bench environment-superset ## let Apache Superset read the demonstration and draw a chart
	@.venv-bench/bin/python -m bench.superset

spark: environment-bench environment-spark ## let Spark make the tables of the demonstration and compare every row with DuckDB's
	@.venv-bench/bin/python -m bench.spark

lock: ## resolve the five locks anew; they hold hashes and no addresses
	@tools/lock.sh "$(PYTHON)"

sbom: environment ## bill of materials (CycloneDX 1.6) and licences of the run lock, in build/
	@.venv/bin/python -m bench.sbom

clean: ## remove ./var and build results; the environments stay
	@chmod -R u+w var 2>/dev/null; rm -rf var dbt_project/target dbt_project/logs
