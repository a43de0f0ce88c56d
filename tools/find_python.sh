#!/bin/sh
# Print the path of one interpreter that runs, for each version asked for that is found (default: 3.11 3.12 3.13).
# A name on PATH may be a shim of a version manager that does not run: each candidate is tried.
# Use: tools/find_python.sh [VERSION...]
set -eu

print_if_version() { # CANDIDATE VERSION
    "$1" -c 'import sys
if "%d.%d" % sys.version_info[:2] != sys.argv[1]:
    sys.exit(1)
print(sys.executable)' "$2" 2>/dev/null
}

[ $# -gt 0 ] || set -- 3.11 3.12 3.13
pyenv="${PYENV_ROOT:-${HOME:-}/.pyenv}/versions"
for version in "$@"; do
    for candidate in "python$version" "/usr/local/bin/python$version" "/usr/bin/python$version" \
        "$pyenv/$version".*/bin/python python3; do
        if print_if_version "$candidate" "$version"; then
            break
        fi
    done
done
