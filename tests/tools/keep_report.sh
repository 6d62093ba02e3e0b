#!/usr/bin/env bash
# A compiler launcher (CMAKE_CUDA_COMPILER_LAUNCHER) that keeps what the compiler says beside the object that it makes:
# keep_report.sh COMPILER ... -o OBJECT ... writes OBJECT.log, which benchmarks/gpu/registers.py reads.
set -uo pipefail
object=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && object=$argument
  previous=$argument
done
[ -n "$object" ] || exec "$@"
"$@" > >(tee "$object.log") 2>&1
status=$?
wait
exit "$status"
