#!/usr/bin/env bash
# Builds the project in this folder against nbm as strangers get it: (a) from an install prefix that was moved, (b) from
# the wheel; with MPI where the package has it. Then asks for what a package does not have.
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
  no_absolute_paths "$(dirname "$2")/../.."
  build_with "$1" "$2" ""
  for program in consume sphere_c sphere_fortran time_loop; do
    [ -x "$work/$1/$program" ] || { echo "no Fortran compiler: $program left out"; continue; }
    (cd "$work/$1" && "./$program") || exit 1
  done
  # Without MPI none of it is loaded.
  ! ldd "$work/$1/consume" | grep -q libmpi || { echo "libmpi is loaded without need"; exit 1; }
  [ -e "$2/nbm_mpi_targets.cmake" ] || { echo "built without MPI: the component MPI is left out"; return; }
  build_with "$1_mpi" "$2" MPI
  for ranks in 1 2; do (cd "$work/$1_mpi" && "$root/tests/mpi/mpirun.sh" "$ranks" ./time_loop) || exit 1; done
  (cd "$work/$1_mpi" && ./time_loop) || exit 1  # without mpirun
}

build_with() {  # name, nbm_DIR, components
  cmake -S "$root/tests/consume" -B "$work/$1" -DCMAKE_BUILD_TYPE=Release -Dnbm_DIR="$2" -DCONSUME_COMPONENTS="$3" \
    >"$work/$1.log" || { cat "$work/$1.log"; return 1; }
  cmake --build "$work/$1" >>"$work/$1.log" || { cat "$work/$1.log"; return 1; }
}

# No file, program or text, names the folders in which the package was built, installed or found its libraries.
no_absolute_paths() {  # folder of the package
  local found
  found=$(cd "$1" && grep -rlaF "$root" include lib || true)
  [ -z "$found" ] || { echo "absolute paths in $1: $found"; exit 1; }
}

# find_package with a component that the package does not have fails and says why.
refuses() {  # nbm_DIR, component, what it says
  if cmake -S "$root/tests/consume" -B "$work/refused" -Dnbm_DIR="$1" -DCONSUME_COMPONENTS="$2" >"$work/refused.log" 2>&1; then
    echo "the component $2 was found"
    exit 1
  fi
  # The text is wrapped.
  tr -s ' \n' ' ' <"$work/refused.log" | grep -q "$3" || { cat "$work/refused.log"; exit 1; }
  rm -rf "$work/refused"
}

echo "-- a project against an install prefix"
cmake -S . -B build/library -DCMAKE_BUILD_TYPE=Release >"$work/library.log"
cmake --build build/library >>"$work/library.log" || { cat "$work/library.log"; exit 1; }
cmake --install build/library --prefix "$work/first" >>"$work/library.log"
mv "$work/first" "$work/prefix"  # an installation may be moved
package=$work/prefix/lib/cmake/nbm
build_and_run from_prefix "$package"
refuses "$package" Quantum "no component Quantum: there are CUDA and MPI"
[ -e "$package/nbm_mpi_targets.cmake" ] || refuses "$package" MPI "built without MPI: build it with -DNBM_MPI=ON"
grep -q 'nbm_CUDA_FOUND ON' "$package/nbmConfig.cmake" ||
  refuses "$package" CUDA "built without CUDA: build it with -DNBM_CUDA=ON"

echo "-- the same project against the wheel"
python -m pip wheel --quiet --no-build-isolation --no-deps -Cbuild-dir=build/package --wheel-dir "$work/wheel" .
python -m pip install --quiet --no-deps --target "$work/site" "$work"/wheel/nbm-*.whl
# The environment's own nbm must not be the one that answers.
wheel_dir=$(cd "$work" && PYTHONPATH="$work/site" python -m nbm --cmake-dir)
case "$wheel_dir" in "$work"/site/*) ;; *) echo "unexpected nbm: $wheel_dir"; exit 1 ;; esac
build_and_run from_wheel "$wheel_dir"
