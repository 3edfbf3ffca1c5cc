#!/bin/sh
# Installs what tests need and pip cannot bring, where it is missing: Chromium, npm (for axe-core), the library that
# Playwright's driver is linked to, PostgreSQL's server, and Debian's half of Python's venv. `make test` calls it in CI only. A machine that
# has everything is not touched and asks no package index.
set -eu

missing=""
has_any() {
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_any chromium chromium-browser google-chrome-stable google-chrome || missing="$missing chromium fonts-liberation"
/sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || missing="$missing libatomic1"
has_any npm || missing="$missing npm"
has_any postgres || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
"${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"

[ -n "$missing" ] || exit 0
echo "Installing with apt-get:$missing"
if ! has_any apt-get; then
    echo "There is no apt-get here; install by hand:$missing" >&2
    exit 2
fi

as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # lists of words
if ! { $as_root apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update &&
    $as_root apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    echo "apt-get could not install:$missing" >&2
    exit 1
fi
