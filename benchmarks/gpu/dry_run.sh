#!/usr/bin/env bash
# The plan for a GPU machine without a GPU and without network, so that it does not rot: stage.sh from a build with
# NBM_CUDA=EMULATE, measure.sh on small sizes, and the same with a fault, which must fail.
#   benchmarks/gpu/dry_run.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHON=${PYTHON:-python3}
export PATH="$(dirname "$(command -v "$PYTHON")"):$PATH"
benchmarks/gpu/stage.sh --emulated "$build" "$work/gpu"

# In a network namespace of its own where that is permitted.
apart=()
if unshare -rn true 2>/dev/null; then apart=(unshare -rn); else echo "unshare is not permitted: with network"; fi
measure() { # OUT SECTION...
  OUT=$work/$1 "${apart[@]}" "$work/gpu/measure.sh" --small "${@:2}"
}
measure good tests epochs large steps gauss_newton timeline arrays solve latency expansions jax
python3 benchmarks/gpu/report.py page "$work/good" "$work/results"
grep -q '"section": "epochs", "case": "Table 2' "$work/good/data.jsonl"
[ "$(ls "$work/good" | wc -l)" -le 8 ]

must_fail() { # FAULT OUT SECTION...
  if measure "${@:2}" >"$work/log" 2>&1; then
    cat "$work/log"
    echo "measure.sh passed although $1"
    exit 1
  fi
  grep FAILED "$work/$2/summary.txt"
}
echo "DeviceLoss.ThatNobodyRan" >>"$work/gpu/tests.txt"
must_fail "a test was left out" left-out tests
sed -i '$d' "$work/gpu/tests.txt"
mv "$work/gpu/site" "$work/gpu/elsewhere"
must_fail "the package was missing" no-package steps
mv "$work/gpu/elsewhere" "$work/gpu/site"
must_fail "a program was missing" no-program no_such_section
echo "dry run: passed, and failed where it must"
