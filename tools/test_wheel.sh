#!/bin/sh
# Build the wheel, install it in an environment outside the tree and run the command there, as a user would.
# Its dependencies are those of the environment named, whose editable Percuta stays out of sight.
# Use: tools/test_wheel.sh FOLDER_OF_ENVIRONMENT
set -eu
cd "$(dirname "$0")/.."

python=$(cd "$1" && pwd)/bin/python
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }

pip wheel --no-deps --no-build-isolation --wheel-dir "$scratch" .
"$python" -m venv --without-pip "$scratch/environment"
pip --python "$scratch/environment/bin/python" install --no-deps --no-index "$scratch"/percuta-*.whl

# A folder named by a .pth file lends its packages, but the .pth files in it, the editable one among them, are not read.
installed='import sysconfig; print(sysconfig.get_path("purelib"))'
"$python" -c "$installed" > "$("$scratch/environment/bin/python" -c "$installed")/dependencies.pth"

cp examples/cheek_pen.toml "$scratch/plan.toml"
cd "$scratch"
unset PYTHONPATH
environment/bin/python -c 'import percuta, sys; sys.exit(not percuta.__file__.startswith(sys.prefix))' || {
    echo "The wheel is not what was imported." >&2
    exit 1
}
for arguments in --help doctor "plan plan.toml --out result"; do
    echo "wheel: percuta $arguments"
    # shellcheck disable=SC2086  # words of one command line
    environment/bin/percuta $arguments > output.txt || {
        status=$?
        cat output.txt >&2
        echo "percuta $arguments ended with $status" >&2
        exit 1
    }
done
for name in result.nc endpoints.json findings.json report.html aftercare.html manifest.json; do
    [ -s "result/$name" ] || { echo "percuta plan wrote no $name" >&2; exit 1; }
done
echo "wheel: $(basename percuta-*.whl) works outside the tree"
