"""Series of VTK files over time or another parameter (``.pvd``), which ParaView plays as one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

from nbm.errors import FileError, InvalidArgument
from nbm.vtk_image import write_atomically

__all__ = ["Series"]

_ENTRY = re.compile(r'<DataSet timestep="([^"]+)" file="([^"]+)"/>')


class Series:
    """A .pvd file that is complete after each :meth:`add`, so that a run may be watched and may be cut off.

    Args:
        path: The file. An existing one is gone on with.

    Example:
        >>> series = nbm.viz.Series("steps.pvd")
        >>> for time in times:
        ...     name = series.next_file("vti")
        ...     solution.to_vtk(name)
        ...     series.add(time, name)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Read what is there; see the class."""
        self.path = Path(path)
        self.entries: list[tuple[float, str]] = []
        if self.path.exists():
            try:
                text = self.path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise FileError(f"{self.path}: cannot be read: {error}", str(self.path)) from error
            if "<Collection>" not in text:
                raise FileError(f"{self.path}: is no .pvd file; give another name", str(self.path))
            self.entries = [(float(time), file) for time, file in _ENTRY.findall(text)]

    def next_file(self, ending: str) -> Path:
        """Return the name of the next file beside the series: its name, a number, the ending."""
        return self.path.with_name(f"{self.path.stem}-{len(self.entries):04d}.{ending.lstrip('.')}")

    def add(self, time: float, file: str | os.PathLike[str]) -> None:
        """Add a file that is written, at a time or another parameter, and write the series.

        Raises:
            InvalidArgument: the file does not exist.
            FileError: the series cannot be written.
        """
        member = Path(file)
        if not member.is_file():
            raise InvalidArgument(f"file: {member} does not exist; write it first", "file")
        relative = os.path.relpath(member.resolve(), self.path.resolve().parent).replace(os.sep, "/")
        self.entries.append((float(time), relative))
        sets = "".join(f'<DataSet timestep="{time!r}" file={quoteattr(name)}/>\n' for time, name in self.entries)
        text = f'<?xml version="1.0"?>\n<VTKFile type="Collection" version="0.1">\n<Collection>\n{sets}'
        write_atomically(self.path, f"{text}</Collection>\n</VTKFile>\n".encode())
