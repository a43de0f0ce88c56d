#!/bin/sh
# Create or complete a virtual environment with Percuta (editable) and the extras named, at the pinned versions.
# Use: [PYTHON=...] tools/environment.sh FOLDER [EXTRA...]
set -eu
cd "$(dirname "$0")/.."

folder=$1
shift
extras=$(echo "$*" | tr ' ' ',')  # as pip wants them

choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" || echo "PYTHON=$PYTHON is not there." >&2
        return
    fi
    found=$(tools/find_python.sh | head -n 1)
    [ -n "$found" ] || found=$(newer_python)
    if [ -z "$found" ]; then
        tools/debian_packages.sh python3.11 python3.11-venv
        found=$(tools/find_python.sh | head -n 1)
    fi
    [ -n "$found" ] || echo "No Python of 3.11 or newer runs here; name one with PYTHON=..." >&2
    echo "$found"
}

newer_python() {
    python3 -c 'import sys; print(sys.executable if sys.version_info >= (3, 11) else "")' 2>/dev/null || true
}

create() {
    python=$(choose_python)
    [ -n "$python" ] || exit 2
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "Percuta needs Python 3.11 or newer; $python does not run or is older." >&2
        exit 2
    fi
    # Debian keeps the part that makes environments in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        tools/debian_packages.sh "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    echo "Creating $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
}

pip_install() {
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$@"
}

if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    create
fi
echo "Installing Percuta${*:+ with $*} into $folder; the first time takes a minute or more"
# The build tool is pinned like all else, so the build takes it from this environment.
pip_install hatchling
pip_install --no-build-isolation --editable ".${extras:+[$extras]}"
