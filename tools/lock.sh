#!/usr/bin/env bash
# Resolve the locks anew. They carry hashes and no addresses; pip and uv both take them.
set -euo pipefail
python=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
resolve() {
  "$scratch/venv/bin/uv" pip compile --quiet --no-strip-extras --only-binary :all: --generate-hashes --no-emit-index-url \
    --no-emit-find-links --no-header --no-annotate --universal --python-version 3.11 "$@"
}
# The larger lock first: what runs is then a part of what was tested.
resolve pyproject.toml --group test -o requirements/test.txt
resolve pyproject.toml --constraint requirements/test.txt -o requirements/run.txt
resolve pyproject.toml --group workers --constraint requirements/test.txt -o requirements/workers.txt
resolve pyproject.toml --group test --group bench --constraint requirements/test.txt -o requirements/bench.txt
# Superset holds back what likvard runs on, so its lock stands apart.
resolve requirements/superset.in --override requirements/superset-without.in -o requirements/superset.txt
# Spark stands apart for its size. pyspark has no wheel; it is built with the setuptools of the lock.
resolve requirements/spark.in --no-binary pyspark -o requirements/spark.txt
