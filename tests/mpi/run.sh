#!/usr/bin/env bash
# The tests of many ranks: C++ and Python on 1, 2, 3 (C++ also 4) ranks, and a lost rank. Run by `make test-mpi`, which
# prepares the environment: run.sh BUILD_FOLDER, with mpirun, cmake, ctest and python on PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
export PYTHONPATH="$build/python${PYTHONPATH:+:$PYTHONPATH}"
mpirun --version | sed -n 1p  # reads all: mpirun must not die of a closed pipe

echo "-- C++ on 1, 2, 3, 4 ranks"
if [ -f "$build/tests/cpp/gtest_found" ]; then
  cmake --build "$build" --target test_distributed_mpi
  ctest --test-dir "$build" -L mpi --no-tests=error --output-on-failure
else
  echo "left out: GoogleTest is missing"
fi

# Each rank has a folder for temporary files: pytest clears away those of other runs.
NBM_TEST_FOLDERS=$(mktemp -d)
export NBM_TEST_FOLDERS
trap 'rm -rf "$NBM_TEST_FOLDERS"' EXIT
alone='PYTEST_DEBUG_TEMPROOT=$(mktemp -d -p "$NBM_TEST_FOLDERS") exec "$@"'

for ranks in 1 2 3; do
  echo "-- Python on $ranks ranks"
  # Every rank runs every test; a failed test ends all of them. What hangs is ended after five minutes.
  timeout 300 tests/mpi/mpirun.sh "$ranks" bash -c "$alone" - python -m mpi4py -m pytest -q -x -m distributed \
    -p no:cacheprovider tests/python/test_distributed.py >"$build/ranks_$ranks.log" 2>&1 ||
    { cat "$build/ranks_$ranks.log"; exit 1; }
  grep -E "(passed|failed|error)" "$build/ranks_$ranks.log" | sort | uniq -c
done

# All ranks must end, with an error, within ten seconds of the loss.
for loss in killed uncaught "killed 4"; do
  echo "-- a rank is lost: $loss"
  log="$build/lost_${loss// /_}.log"
  status=0
  timeout --kill-after=5 60 tests/mpi/mpirun.sh 3 python -m mpi4py tests/mpi/lost_rank.py $loss >"$log" 2>&1 ||
    status=$?
  lost=$(sed -n 's/.*lost at \([0-9]*\).*/\1/p' "$log")
  if [ "$status" = 0 ] || [ -z "$lost" ] || [ $(($(date +%s) - lost)) -gt 10 ]; then
    cat "$log"
    echo "status $status"
    exit 1
  fi
  echo "all ended $(($(date +%s) - lost)) s later, status $status"
done
