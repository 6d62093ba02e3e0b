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

# Also with MPI where the package has it.
build_and_run() {  # name, nbm_DIR
  build_with "$1" "$2" OFF
  for program in consume sphere_c sphere_fortran time_loop; do
    [ -x "$work/$1/$program" ] || { echo "no Fortran compiler: $program left out"; continue; }
    (cd "$work/$1" && "./$program") || exit 1
  done
  # Without MPI none of it is loaded.
  ! ldd "$work/$1/consume" | grep -q libmpi || { echo "libmpi is loaded without need"; exit 1; }
  [ -e "$2/nbm_mpi_targets.cmake" ] || { echo "built without MPI: the component MPI is left out"; return; }
  build_with "$1_mpi" "$2" ON
  for ranks in 1 2; do (cd "$work/$1_mpi" && "$root/tests/mpi/mpirun.sh" "$ranks" ./time_loop) || exit 1; done
  (cd "$work/$1_mpi" && ./time_loop) || exit 1  # without mpirun
}

build_with() {  # name, nbm_DIR, with MPI
  cmake -S "$root/tests/consume" -B "$work/$1" -DCMAKE_BUILD_TYPE=Release -Dnbm_DIR="$2" -DCONSUME_MPI="$3" \
    >"$work/$1.log" || { cat "$work/$1.log"; return 1; }
  cmake --build "$work/$1" >>"$work/$1.log" || { cat "$work/$1.log"; return 1; }
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
