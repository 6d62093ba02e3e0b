#!/usr/bin/env bash
# Runs a program on a number of ranks of this machine, more than it has cores if need be: mpirun.sh RANKS PROGRAM ...
# The program finds the number in NBM_TEST_RANKS.
set -euo pipefail
ranks=$1
shift
export NBM_TEST_RANKS=$ranks
# Open MPI: containers run as root; ranks are not bound, because many test runs share the cores.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
case "$(mpirun --version 2>&1)" in
  *"Open MPI"* | *OpenRTE* | *PRRTE* | *prrte*) exec mpirun --oversubscribe --bind-to none -n "$ranks" "$@" ;;
  *) exec mpirun -n "$ranks" "$@" ;;
esac
