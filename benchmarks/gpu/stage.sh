#!/usr/bin/env bash
# Puts what a machine with a GPU shall not spend its minutes on into a folder: programs and library for its GPU, the
# Python package, packages that it lacks. Needs nvcc, GoogleTest, and PYTHON: the Python version of that machine, with
# nanobind, scikit-build-core, cmake >= 3.26 and ninja.
#   benchmarks/gpu/stage.sh [--emulated BUILD] [FOLDER]     FOLDER: .gpu, which git ignores
# ARCHITECTURES (90) and PACKAGES, such as "pydantic==2.14.4 pydantic-core annotated-types", say what else goes along.
# --emulated: from a build with NBM_CUDA=EMULATE, NBM_PYTHON=ON, NBM_TESTS=ON, to try measure.sh without a GPU.
set -euo pipefail
cd "$(dirname "$0")/../.."
plan=benchmarks/gpu
emulated=""
if [ "${1:-}" = --emulated ]; then
  emulated=$2
  shift 2
fi
folder=${1:-.gpu}
python=${PYTHON:-python3}
export PATH="$(dirname "$(command -v "$python")"):$PATH:/usr/local/cuda/bin"
rm -rf "$folder"
mkdir -p "$folder/lib" "$folder/libraries"

if [ -n "$emulated" ]; then
  build=$emulated tests=$emulated/tests/cuda/test_cuda_on_cpu
  cmake --build "$build" --target nbm bench_training test_cuda_on_cpu
  cp -rL "$build/python" "$folder/site"
  filter='CudaDevice.*:CudaGraph.*:CudaScan.*:CudaLibraries.*:DeviceMemory.*:Streams.*'
else
  build=build/gpu tests=$build/tests/cuda/test_cuda
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DNBM_CUDA=ON -DNBM_TESTS=ON -DNBM_MPI=OFF \
    -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90}"
  cmake --build "$build" --target nbm bench_training test_cuda
  "$python" -m pip wheel -q --no-build-isolation --no-deps --wheel-dir "$folder/wheels" -Cbuild-dir="build/gpu-wheel" \
    -Ccmake.define.NBM_CUDA=ON -Ccmake.define.CMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-90}" -Ccmake.define.NBM_MPI=OFF .
  [ -z "${PACKAGES:-}" ] || "$python" -m pip download -q --no-deps --only-binary=:all: -d "$folder/wheels" $PACKAGES
  nvcc -O3 -std=c++17 -arch="sm_${ARCHITECTURES:-90}" "$plan/peaks.cu" -o "$folder/peaks"
  filter='*'
fi
cp "$tests" "$folder/test_cuda"
cp "$build/benchmarks/gpu/bench_training" "$folder/"
cp -L "$build/cpp/libnbm.so.0" "$folder/lib/"
cp -L "$build"/tests/cuda/libraries/*.so* "$folder/libraries/"
strip "$folder/test_cuda" "$folder/bench_training" "$folder/lib/libnbm.so.0"
cp "$plan/measure.sh" "$plan"/*check*.py "$plan/report.py" benchmarks/peers/jax_steps.py "$folder/"
# What must run there: a test that is left out is a failure.
echo "$filter" >"$folder/filter"
LD_LIBRARY_PATH="$PWD/$folder/lib" "$folder/test_cuda" --gtest_list_tests --gtest_filter="$filter" |
  awk '/^[^ ]/ {suite = $1} /^ / {print suite $1}' >"$folder/tests.txt"
git rev-parse --short HEAD >"$folder/commit" 2>/dev/null || echo unknown >"$folder/commit"
du -sh "$folder"
