"""``python -m nbm`` is the command ``nbm``, and with ``--cmake-dir`` tells where the C++ library is."""

from __future__ import annotations

import sys
from pathlib import Path

import nbm

__all__ = ["cmake_dir"]


def cmake_dir() -> Path:
    """Return the folder of ``nbmConfig.cmake``, for ``cmake -Dnbm_DIR=...``.

    Raises:
        nbm.FileError: the package runs from a build folder, which has no installed C++ library.
    """
    folder = Path(nbm.__file__).resolve().parent / "lib" / "cmake" / "nbm"
    if not (folder / "nbmConfig.cmake").is_file():
        raise nbm.FileError(f"{folder} has no nbmConfig.cmake: install nbm with pip for its C++ library", str(folder))
    return folder


def _print_cmake_dir() -> int:
    try:
        print(cmake_dir())
    except nbm.FileError as error:
        print(f"nbm: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--cmake-dir"]:
        sys.exit(_print_cmake_dir())
    from nbm.cli import main  # only now: CMake's question needs no command line

    main()
