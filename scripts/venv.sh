#!/usr/bin/env bash
# usage: scripts/venv.sh REQUIREMENTS
# Prints the folder of a Python environment with exactly the packages of the
# requirements file, and makes it below .cache the first time. The folder is
# named by the file's hash, so a changed file gets a new environment.
set -euo pipefail

requirements=${1:?usage: venv.sh REQUIREMENTS}
cache=$(cd "$(dirname "$0")/.." && pwd)/.cache/venv

interpreter() { # the first Python that the pinned versions are known to work with
  local python
  for python in "${VENV_PYTHON:-}" python3.11 python3.12 python3; do
    [[ -n $python ]] && "$python" -c '
import ensurepip, sys, venv
sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && { echo "$python"; return; }
  done
  echo "venv.sh: needs Python 3.11 or 3.12 with the venv module (Debian: python3-venv)" >&2
  return 1
}

python=$(interpreter)
name=$("$python" -c 'import sys; print("py%d%d" % sys.version_info[:2])')
folder=$cache/$name-$(sha256sum <"$requirements" | cut -c1-16)
mkdir -p "$cache"
exec 9>"$folder.lock"
flock 9
if [[ ! -f $folder/.complete ]]; then
  echo "installing ${requirements#"$PWD"/} into .cache (once)" >&2
  rm -rf "$folder"
  "$python" -m venv "$folder"
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$folder/bin/python" -m pip install --quiet --requirement "$requirements" >&2
  touch "$folder/.complete"
fi
echo "$folder"
