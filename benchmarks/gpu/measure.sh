#!/usr/bin/env bash
# Measures on a machine with a GPU, from what stage.sh put into the folder of this script: no network, nothing is built.
#   .gpu/measure.sh [--limit SECONDS] [--small] SECTION...
# Sections (the two sets below, or one by one) run in their order until the limit; what they find goes under $OUT as it
# is made, in at most eight files, so that a cut-off loses nothing. Exits with 1 if anything failed or was left out.
# BEFORE: a folder of stage.sh with an older state, measured beside this one. --small: sizes for a run without a GPU.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
first="tests epochs large gauss_newton timeline arrays solve latency expansions"
second="tests epochs timeline large gauss_newton latency expansions arrays jax ncu_large memcheck racecheck initcheck synccheck peaks precision ncu_step table1"
limit=600 small=""
sections=()
while [ $# -gt 0 ]; do
  case $1 in
    --limit) limit=$2; shift ;;
    --small) small=--small ;;
    first) sections+=($first) ;;
    second) sections+=($second) ;;
    *) sections+=("$1") ;;
  esac
  shift
done
OUT=${OUT:-$here/out}
mkdir -p "$OUT"
export OUT PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 XLA_PYTHON_CLIENT_PREALLOCATE=false TF_CPP_MIN_LOG_LEVEL=2
export PATH="$PATH:/usr/local/cuda/bin:$(ls -d /opt/nvidia/nsight-compute/* 2>/dev/null | tail -n 1)"
log=$OUT/all.log summary=$OUT/summary.txt data=$OUT/data.jsonl
: >"$log" && : >"$summary" && : >"$data"
failed=0

note() { echo "$*" | tee -a "$summary"; }
fail() { note "$* FAILED"; failed=1; }
# run NAME SECONDS COMMAND...: output to the log, JSON lines to the data, one line of outcome to the summary.
run() {
  local name=$1 most=$2 left=$((limit - SECONDS)) line status
  shift 2
  if [ "$left" -lt 4 ]; then
    fail "$name: left out, no time at ${SECONDS} s,"
    return
  fi
  printf '\n=== %s at %d s\n' "$name" "$SECONDS" >>"$log"
  line=$(wc -l <"$log")
  timeout -k 5 "$((most < left ? most : left))" "$@" >>"$log" 2>&1
  status=$?
  tail -n +"$((line + 1))" "$log" | grep '^{' | sed "s/^{/{\"section\": \"$name\", /" >>"$data"
  if [ $status = 0 ]; then note "$name: passed, until ${SECONDS} s"; else fail "$name: exit $status, until ${SECONDS} s,"; fi
}

# --- what must be there ---
for file in test_cuda bench_training lib/libnbm.so.0 tests.txt filter python_checks.py checks_common.py \
  evaluation_checks.py training_checks.py timeline_checks.py jax_steps.py report.py; do
  [ -s "$here/$file" ] || fail "$file: missing,"
done
if compgen -G "$here/wheels/nbm-*.whl" >/dev/null; then
  site=$(mktemp -d)
  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" "$here"/wheels/*.whl \
    >>"$log" 2>&1 || fail "the wheels: not to be installed,"
elif [ -f "$here/site/nbm/__init__.py" ]; then
  site=$here/site
else
  fail "the wheel of nbm: missing,"
fi
export PYTHONPATH=${site:-}
python() { python3 "$@"; }
{ cat "$here/commit"; nvidia-smi; nvcc --version | tail -n 2; python3 -V; python3 -m nbm doctor; } >>"$log" 2>&1
{ nvidia-smi --query-gpu=timestamp,clocks.sm,memory.used,power.draw,temperature.gpu --format=csv,noheader,nounits \
  -lms 250 >"$OUT/smi.csv" 2>/dev/null & } && monitor=$!
trap 'kill $monitor 2>/dev/null' EXIT

# --- the sections ---
# run_with FOLDER NAME SECONDS COMMAND...: on the library of a folder of stage.sh, and on NVIDIA's packages (NCCL)
packages=$(python3 -c 'import glob, sysconfig; print(":".join(glob.glob(sysconfig.get_path("purelib") + "/nvidia/*/lib")))')
run_with() { run "$2" "$3" env LD_LIBRARY_PATH="$1/lib${packages:+:$packages}" "${@:4}"; }
checks() { run "$1" "$2" python3 "$here/python_checks.py" $small "${@:3}"; }
sizes() { [ -z "$small" ] && echo "$1" || echo "$2"; }
bench() { # NAME SECONDS OPTIONS...
  run_with "$here" "$1" "$2" "$here/bench_training" --device cuda $(sizes "" "--seconds 0.01 --warm-up 256") "${@:3}"
}
sanitize() { # TOOL SECONDS OPTIONS...
  run_with "$here" "$1" "$2" compute-sanitizer --tool "$1" "${@:3}" --error-exitcode 9 --print-limit 20 "$here/test_cuda" \
    --gtest_filter='DeviceTraining.HasTheSameBitsTwice:DeviceLoss*HasTheSameBitsTwice/0:DeviceLoss*HasTheSameBitsTwice/1:SumParts.*:CudaGraph.*'
}
profile() { # FILE SECONDS OPTIONS... : Nsight Compute on a benchmark, at the clock that the GPU has by itself
  run_with "$here" "${1%.csv}" "$2" bash -c 'ncu --clock-control none --csv "${@:1}" >"$OUT/$0"' "$1" "${@:3}"
}

section() {
  case $1 in
    tests)
      run_with "$here" tests 90 "$here/test_cuda" --gtest_brief=1 --gtest_filter="$(cat "$here/filter")" \
        --gtest_output="json:$OUT/tests.json"
      run "all tests ran" 10 python3 "$here/report.py" tests "$OUT/tests.json" "$here/tests.txt" ;;
    epochs)
      local table=$(sizes "--seconds 1.5 --table2 64 --table2 128 --table2 256 --table2 512 --table1 64 --table1 128" \
        "--levels 2 --table2 8 --table1 8")
      bench epochs 40 $table
      [ -z "${BEFORE:-}" ] || run_with "$BEFORE" "epochs before" 40 "$BEFORE/bench_training" --device cuda $table ;;
    large)
      bench large 40 $(sizes "--seconds 1 --large 16384 --large 131072 --large 1048576 --large 8388608 --evaluate 16777216" \
        "--large 64 --evaluate 100") ;;
    steps) bench steps 30 $(sizes "--seconds 1 --steps 1024 --steps 16384" "--steps 64") ;;
    precision) bench precision 15 $(sizes "--precision 1048576" "--precision 64") ;;
    gauss_newton) checks gauss_newton 40 gauss_newton three_starts ;;
    timeline) checks timeline 40 machine timeline ;;
    arrays) checks arrays 40 arrays ;;
    solve) checks solve 60 solve ;;
    latency) checks latency 30 latency ;;
    expansions) checks expansions 40 expansions corrections ;;
    table1) checks table1 40 table1 ;;
    jax)
      for products in highest tensorfloat32; do
        run "jax $products" 60 env JAX_DEFAULT_MATMUL_PRECISION=$products python3 "$here/jax_steps.py" $(sizes \
          "--platform cuda --chunk 0 --batch 16384 --batch 1048576 --seconds 0.7" --help)
      done ;;
    ncu_large) # the two fused kernels, behind the warm-up
      for shape in 'fused_shallow.*104' 'fused_layers.*10.*5.*2'; do
        profile "ncu_large_$(tr -dc 0-9 <<<"$shape").csv" 40 --set full --import-source no --page details \
          --kernel-name-base demangled -k "regex:$shape" --launch-skip 4 --launch-count 1 \
          "$here/bench_training" --device cuda --seconds 0.2 --warm-up 0 --replay 0 --large 1048576
      done ;;
    ncu_step)
      profile ncu_step.csv 40 --cache-control none --launch-skip 200 --launch-count 70 --metrics \
        gpu__time_duration.sum,sm__throughput.avg.pct_of_peak_sustained_elapsed,launch__grid_size,launch__registers_per_thread,sm__warps_active.avg.pct_of_peak_sustained_active \
        "$here/bench_training" --device cuda --seconds 0.3 --warm-up 0 --replay 0 --table2 64 ;;
    memcheck) sanitize memcheck 60 --report-api-errors no ;; # one test makes calls fail on purpose
    racecheck) sanitize racecheck 60 ;;
    initcheck) sanitize initcheck 40 ;;
    synccheck) sanitize synccheck 30 ;;
    peaks) run peaks 15 "$here/peaks" ;;
    *) fail "$1: no such section," ;;
  esac
}
for name in "${sections[@]}"; do section "$name"; done
echo "--- summary ---"
cat "$summary"
cut -c1-300 "$data" | tail -n 60
exit $failed
