#!/usr/bin/env bash
# The CUDA backend as nvcc compiles and links it, for all targets and without a GPU: warnings are errors, kernels must not
# spill more than recorded, the installed package is imported and says what is missing. Run by `make cuda-check`; with
# --record the spills are recorded instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH:/usr/local/cuda/bin"
build=build/cuda
if ! command -v nvcc >/dev/null; then
  echo "CUDA backend not compiled: nvcc is neither on PATH nor in /usr/local/cuda/bin"
  exit 0
fi
nvcc --version | grep release

mkdir -p "$build"
launcher="$PWD/tests/tools/keep_report.sh"
command -v ccache >/dev/null && launcher+=";ccache"
if ! python -m pip install --no-build-isolation --no-deps --upgrade --target "$build/site" -Cbuild-dir="$build" \
  -Ccmake.define.NBM_CUDA=ON -Ccmake.define.NBM_CUDA_WERROR=ON -Ccmake.define.NBM_MPI=OFF \
  -Ccmake.define.CMAKE_CUDA_FLAGS=-Xptxas=-v "-Ccmake.define.CMAKE_CUDA_COMPILER_LAUNCHER=$launcher" \
  . >"$build/install.log" 2>&1; then
  cat "$build/install.log"
  exit 1
fi
python benchmarks/gpu/registers.py "$build" "$@"

# The environment's own nbm must not be the one that is imported.
export PYTHONPATH="$PWD/$build/site"
python -c 'from nbm import _core, __file__; assert _core.build_info().cuda and "site/nbm" in __file__, __file__'
python -m nbm doctor
python -m pytest -q -rfE -p no:cacheprovider tests/python/test_device.py tests/python/test_gpu_arrays.py \
  tests/python/test_installation.py
