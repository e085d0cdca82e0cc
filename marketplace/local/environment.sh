#!/bin/sh
# Makes the environment (sync) or the lock (lock) with uv, or those of the benchmarks (peers);
# called by the Makefile with PYTHON, VENV and TOOLS.
set -eu

say() { printf '%8s  %s\n' env "$1"; }
fail() { printf 'assay: %s\n' "$1" >&2; exit 1; }

NEW_ENOUGH='import sys; sys.exit(sys.version_info < (3, 11))'
TOO_OLD="Python 3.11 or newer is needed and '$PYTHON' is not: make PYTHON=/path/to/python3.11"

# The certificates this machine trusts, as every other client here uses them (a company's proxy among them).
export UV_SYSTEM_CERTS=1

# uv comes by pip into a small environment of its own: in $VENV it would remove itself at each sync.
get_uv() {
    uv=$(command -v uv || true)
    [ -n "$uv" ] && return
    uv="$TOOLS/bin/uv"
    "$uv" --version >/dev/null 2>&1 && return
    say "getting uv by pip"
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is not complete here: apt-get install python3-venv, or install uv"
    rm -rf "$TOOLS"
    "$PYTHON" -m venv "$TOOLS" || fail "no environment could be made in $TOOLS (see above)"
    "$TOOLS/bin/python" -m pip install --quiet uv || fail "pip could not install uv (see above)"
}

make_venv() {
    "$VENV/bin/python" -c "$NEW_ENOUGH" 2>/dev/null && return
    # never made, or its Python is gone
    rm -rf "$VENV"
    "$uv" venv --quiet --no-python-downloads --python "$PYTHON" "$VENV" ||
        fail "no environment could be made in $VENV (see above)"
}

sync() {
    say "installing into $VENV what $1 names"
    make_venv
    "$uv" pip sync --quiet --python "$VENV/bin/python" --require-hashes "$1" ||
        fail "the packages could not be installed (see above); a second try takes up where this one stopped"
}

compile() {
    "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}

"$PYTHON" -c "$NEW_ENOUGH" 2>/dev/null || fail "$TOO_OLD"
get_uv
case "$1" in
sync) sync requirements.lock ;;
peers) sync benchmarks/requirements.lock ;;
lock)
    compile --all-extras --output-file requirements.lock pyproject.toml
    # crowd-kit asks for a language model library that what is measured never imports
    printf 'transformers ; python_version < "3"\n' | compile --constraint requirements.lock --override - \
        --output-file benchmarks/requirements.lock pyproject.toml benchmarks/requirements.in
    ;;
esac
