#!/usr/bin/env bash
# Build one virtual environment from a lock, once: it is stamped with the lock's hash and reused while that holds.
# Usage: tools/environment.sh FOLDER LOCK PYTHON [bare]; a bare one does not hold the project itself.
set -euo pipefail
folder=$1 lock=$2 python=$3 bare=${4:-}

if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
  echo "likvard needs Python 3.11 (found: ${python:-none}). Install it, or name it: make PYTHON=/path/to/python3.11" >&2
  exit 2
fi

stamp="$folder/lock.sha256"
wanted=$(cat "$lock" pyproject.toml tools/environment.sh | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

# Two makes at once build one environment.
exec 9>".${folder#.}.lock"
if command -v flock >/dev/null; then flock 9; fi
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

echo "Setting up $folder from $lock (a few minutes the first time) …" >&2
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder" || {
  echo "'$python -m venv' failed: install the venv module of Python 3.11 (on Debian: python3-venv)" >&2
  exit 2
}
# A sync removes what the lock does not name, pip included: bring it back before the next one.
"$folder/bin/python" -m pip --version >/dev/null 2>&1 || "$folder/bin/python" -m ensurepip >/dev/null
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
# What a package without a wheel is built with comes from the lock, too.
"$folder/bin/uv" pip sync --quiet --python "$folder/bin/python" --require-hashes --build-constraint "$lock" \
  --compile-bytecode "$lock"
if [ -z "$bare" ]; then
  # The project itself: the build backend is in the lock, so nothing is fetched.
  "$folder/bin/python" -m pip --version >/dev/null 2>&1 || "$folder/bin/python" -m ensurepip >/dev/null
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
fi
echo "$wanted" > "$stamp"
