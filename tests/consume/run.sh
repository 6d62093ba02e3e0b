#!/usr/bin/env bash
# Builds the project in this folder against nbm as strangers get it: (a) from an install prefix, (b) from the wheel.
# Run `make` first: the tools of its .venv and its build folder are used.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/build/consume
export PATH="$root/.venv/bin:$PATH"
export CMAKE_GENERATOR=Ninja
rm -rf "$work"
mkdir -p "$work"

build_and_run() {  # name, nbm_DIR
  cmake -S "$root/tests/consume" -B "$work/$1" -DCMAKE_BUILD_TYPE=Release -Dnbm_DIR="$2" >"$work/$1.log"
  cmake --build "$work/$1" >>"$work/$1.log" || { cat "$work/$1.log"; return 1; }
  (cd "$work/$1" && ./consume)
}

echo "-- a project against an install prefix"
cmake -S . -B build/library -DCMAKE_BUILD_TYPE=Release >"$work/library.log"
cmake --build build/library >>"$work/library.log" || { cat "$work/library.log"; exit 1; }
cmake --install build/library --prefix "$work/first" >>"$work/library.log"
mv "$work/first" "$work/prefix"  # an installation may be moved
build_and_run from_prefix "$work/prefix/lib/cmake/nbm"

echo "-- the same project against the wheel"
python -m pip wheel --quiet --no-build-isolation --no-deps -Cbuild-dir=build/package --wheel-dir "$work/wheel" .
python -m pip install --quiet --no-deps --target "$work/site" "$work"/wheel/nbm-*.whl
# The environment's own nbm must not be the one that answers.
wheel_dir=$(cd "$work" && PYTHONPATH="$work/site" python -m nbm --cmake-dir)
case "$wheel_dir" in "$work"/site/*) ;; *) echo "unexpected nbm: $wheel_dir"; exit 1 ;; esac
build_and_run from_wheel "$wheel_dir"
