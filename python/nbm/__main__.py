"""``python -m nbm --cmake-dir``: where a C++ project finds the library that came with this package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbm


def cmake_dir() -> Path:
    """Return the folder of ``nbmConfig.cmake``, for ``cmake -Dnbm_DIR=...``.

    Raises:
        nbm.FileError: the package runs from a build folder, which has no installed C++ library.
    """
    folder = Path(nbm.__file__).resolve().parent / "lib" / "cmake" / "nbm"
    if not (folder / "nbmConfig.cmake").is_file():
        raise nbm.FileError(f"{folder} has no nbmConfig.cmake: install nbm with pip for its C++ library", str(folder))
    return folder


def main(arguments: list[str] | None = None) -> int:
    """Print what the options ask for; the exit status is 1 when it cannot be found, 2 for a wrong option."""
    parser = argparse.ArgumentParser(prog="python -m nbm", description="Facts about this installation of nbm.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--version", action="version", version=nbm.__version__)
    what.add_argument("--cmake-dir", action="store_true", help="print the folder to pass to cmake as nbm_DIR")
    parser.parse_args(arguments)
    try:
        print(cmake_dir())
    except nbm.FileError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
