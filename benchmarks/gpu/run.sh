#!/usr/bin/env bash
# On a machine with an NVIDIA GPU and the CUDA toolkit: builds the backend, tests it against the CPU, looks for memory
# errors and races on a small step, times it beside JAX (where jax can be imported), and profiles the main kernels.
# Writes benchmarks/results/gpu-<name>.{json,md}, in 8 minutes at most.
#   benchmarks/gpu/run.sh [folder for results]
set -uo pipefail
cd "$(dirname "$0")/../.."
results=${1:-benchmarks/results}
build=build/gpu
limit=480
export PATH="$PWD/.venv/bin:/usr/local/cuda/bin:$PATH"

left() { echo $((limit - SECONDS > 5 ? limit - SECONDS : 5)); }
section() { printf '\n=== %s (%d s)\n' "$1" "$SECONDS"; }
# run NAME COMMAND...: within SECONDS_OF[NAME] and the time left; output to a log, one line of outcome to the report.
declare -A seconds_of=([build]=200 [tests]=90 [memcheck]=60 [racecheck]=60 [bench]=120 [jax]=60 [profile]=60)
run() {
  local name=$1 most=${seconds_of[$1]} now
  shift
  now=$(left)
  section "$name"
  timeout "$((most < now ? most : now))" "$@" >"$logs/$name.log" 2>&1
  local status=$?
  [ "$status" = 0 ] && outcome="passed" || outcome="FAILED (exit $status)"
  echo "$name $outcome" | tee -a "$logs/outcomes"
  tail -n 4 "$logs/$name.log"
  return "$status"
}

if ! command -v nvcc >/dev/null || ! nvidia-smi >/dev/null 2>&1; then
  echo "run.sh needs an NVIDIA GPU with its driver, and nvcc on PATH."
  exit 1
fi
logs=$build/logs
rm -rf "$logs"
mkdir -p "$logs" "$results"

build_all() {
  cmake -S . -B "$build" -DNBM_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=native -DNBM_TESTS=AUTO -DNBM_MPI=OFF &&
    cmake --build "$build" -j "$(nproc)" --target nbm bench_training &&
    if [ -f "$build/tests/cpp/gtest_found" ]; then cmake --build "$build" -j "$(nproc)" --target test_cuda; fi
}
export build
export -f build_all
run build bash -c build_all || exit 1
bench=$build/benchmarks/gpu/bench_training
tests=$build/tests/cuda/test_cuda
if [ -x "$tests" ]; then
  run tests "$tests"
  small='--gtest_filter=DeviceTraining.HasTheSameBitsTwice'
  run memcheck compute-sanitizer --tool memcheck --error-exitcode 9 "$tests" "$small"
  run racecheck compute-sanitizer --tool racecheck --error-exitcode 9 "$tests" "$small"
else
  echo "tests left-out (GoogleTest is missing)" | tee -a "$logs/outcomes"
fi
run bench "$bench" --device cuda --seconds 3 --table2 64 --table2 128 --table2 256 --table2 512 --table1 128 \
  --steps 1024 --steps 16384 --large 1048576 --large 4194304 --precision 1048576 --evaluate 16777216
if python3 -c 'import jax' 2>/dev/null; then
  run jax python3 benchmarks/peers/jax_steps.py --chunk 0 --batch 16384 --batch 1048576 --seconds 2
else
  echo "jax left-out (jax cannot be imported)" | tee -a "$logs/outcomes"
fi
if command -v ncu >/dev/null; then
  run profile ncu --kernel-name 'regex:fused_rows|entry_gradients|regular_rows|evaluate_samples' --launch-skip 20 \
    --launch-count 8 --section SpeedOfLight --section Occupancy "$bench" --device cuda --seconds 1 --replay 0 --table2 64 --table1 64
else
  echo "profile left-out (ncu is missing)" | tee -a "$logs/outcomes"
fi
section "report"
python3 benchmarks/gpu/report.py "$logs" "$results"
! grep -q FAILED "$logs/outcomes"
