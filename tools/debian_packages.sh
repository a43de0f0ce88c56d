#!/bin/sh
# Make sure that Debian packages are there: installs the missing ones where that is allowed (root),
# else prints the line to run and ends with 2.
# Use: tools/debian_packages.sh PACKAGE...
set -eu

missing=""
for package in "$@"; do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "Needed, and not a Debian system: what Debian calls$missing. Install it and run make again." >&2
    exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
    printf 'Packages are missing. Run this, then make again:\n    sudo apt-get install%s\n' "$missing" >&2
    exit 2
fi
echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# The lists of a fresh machine may be empty or old.
apt-get update --quiet --quiet >&2 || true
# shellcheck disable=SC2086  # one word per package
apt-get install --yes --no-install-recommends --quiet --quiet $missing >&2 || {
    printf 'They could not be installed. Run this, then make again:\n    apt-get install%s\n' "$missing" >&2
    exit 2
}
