"""PQR files: atoms with positions, charges and radii, as programs write them rather than as they should.

The format is free: fields separated by blanks, the last five being x, y, z, charge and radius. Files in the wild have
columns that run together (``30.252-100.167``), tabs, no chain or residue number, glued record names (``HETATM12345``).
What has one meaning is read. What has not is an error with file, line and column; no atom is skipped in silence.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nbm.errors import FileError

__all__ = ["Atoms", "parse_pqr", "read_pqr"]

_ATOM = re.compile(r"(ATOM|HETATM)(\d*)$", re.IGNORECASE)
# Records of the PDB format that hold no atom.
_SILENT = frozenset(
    """
    REMARK TER END ENDMDL HEADER TITLE COMPND SOURCE KEYWDS EXPDTA AUTHOR REVDAT JRNL DBREF SEQADV SEQRES MODRES HET
    HETNAM HETSYN FORMUL HELIX SHEET TURN SSBOND LINK HYDBND SLTBRG CISPEP SITE CRYST1 ORIGX1 ORIGX2 ORIGX3 SCALE1
    SCALE2 SCALE3 MTRIX1 MTRIX2 MTRIX3 TVECT ANISOU SIGATM SIGUIJ CONECT MASTER OBSLTE SPLIT CAVEAT NUMMDL MDLTYP
    SPRSDE DBREF1 DBREF2
    """.split()  # noqa: SIM905
)
_NUMBER = r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?"
_FULL_NUMBER = re.compile(rf"{_NUMBER}|[-+]?\.\d+")
# Numbers that run together are told apart by their signs alone: 1.2345.678 could be cut in two places.
_SIGNED = re.compile(r"[-+]?\d+\.\d*(?=[-+]|$)")
_GLUED_TO_RESIDUE = re.compile(r"(.*\d)([-+]\d+\.\d*)$")
_FIELDS = ("x", "y", "z", "charge", "radius")


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of a molecule.

    Attributes:
        positions: (n, 3) in Å.
        charges: (n,) in elementary charges.
        radii: (n,) in Å.
        names: (n,) what stands before the numbers, such as "N ALA A 12".
    """

    positions: NDArray[np.float64]
    charges: NDArray[np.float64]
    radii: NDArray[np.float64]
    names: tuple[str, ...]


def read_pqr(path: str | os.PathLike[str]) -> Atoms:
    """Read a PQR file.

    Raises:
        FileError: the file cannot be read, or a line has no certain meaning; the sentence names line and column.
    """
    file = Path(path)
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{file}: is no text (byte {error.start}), expected a PQR file", str(file)) from error
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}", str(file)) from error
    return parse_pqr(text, str(file))


def parse_pqr(text: str, file: str = "PQR") -> Atoms:
    """Read the text of a PQR file; errors as for :func:`read_pqr`."""
    rows: list[list[float]] = []
    names: list[str] = []
    places: dict[tuple[float, float, float], int] = {}
    models = 0
    for number, line in enumerate(text.splitlines(), start=1):
        words = list(_words(line))
        if not words or words[0][1].startswith("#"):
            continue
        column, record = words[0]
        atom = _ATOM.match(record)
        if atom is None:
            if record.upper() == "MODEL":
                models += 1
                if models > 1:
                    raise _error(file, number, column, "starts a second model; keep one of them")
            elif record.upper() not in _SILENT:
                raise _error(file, number, column, f"has the unknown record {record!r}, expected ATOM or HETATM")
            continue
        name, values = _atom(file, number, words[1:], len(line))
        place = (values[0], values[1], values[2])
        if place in places:
            message = f"has an atom in the place of that of line {places[place]}; keep one of them"
            raise _error(file, number, column, message)
        places[place] = number
        rows.append(values)
        names.append(name)
    if not rows:
        raise FileError(f"{file}: holds no atom, expected lines that begin with ATOM or HETATM", file)
    table = np.array(rows)
    if not np.any(table[:, 4] > 0):
        raise FileError(f"{file}: every radius is 0, expected radii in Å in the last column", file)
    return Atoms(table[:, :3].copy(), table[:, 3].copy(), table[:, 4].copy(), tuple(names))


def _words(line: str) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"\S+", line):
        yield match.start() + 1, match.group()


def _atom(file: str, line: int, words: list[tuple[int, str]], length: int) -> tuple[str, list[float]]:
    """Return what stands before the numbers, and x, y, z, charge and radius, found from the end of the line."""
    found: list[tuple[int, float]] = []
    while words and len(found) < 5:
        column, word = words.pop()
        parts = _numbers(word)
        glued = _GLUED_TO_RESIDUE.fullmatch(word) if not parts else None
        if not parts and glued and len(found) == 4:
            parts = [glued[2]]
            words.append((column, glued[1]))
        if not parts:
            # Text at the end belongs to no field, text in between is a number that went wrong.
            which = _FIELDS[4 - len(found)]
            raise _error(file, line, column, f"has {word!r} where the {which} should be a number")
        if len(found) + len(parts) > 5:
            raise _error(file, line, column, f"has {word!r}, which cannot be cut into {5 - len(found)} number(s)")
        found[:0] = [(column, float(part)) for part in parts]
    if len(found) < 5:
        message = f"has {len(found)} numbers at its end, expected five: x, y, z, charge, radius"
        raise _error(file, line, length + 1, message)
    for (column, value), field in zip(found, _FIELDS, strict=True):
        if not math.isfinite(value):
            raise _error(file, line, column, f"has the {field} {value}, expected a finite number")
    if found[4][1] < 0:
        raise _error(file, line, found[4][0], f"has the radius {found[4][1]}, expected at least 0")
    if not words:
        raise _error(file, line, found[0][0], "has no name of an atom before its numbers")
    if len(words) > 1 and all(_FULL_NUMBER.fullmatch(word) and "." in word for _, word in words[-1:]):
        message = f"has {words[-1][1]!r} before x: more than five numbers, of which it is not clear which are meant"
        raise _error(file, line, words[-1][0], message)
    return " ".join(word for _, word in words[1:] or words), [value for _, value in found]


def _numbers(word: str) -> list[str]:
    """Return the numbers in a word, or none where it is no number or could be cut in two ways."""
    if _FULL_NUMBER.fullmatch(word):
        return [word]
    if word.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return [word]
    parts = _SIGNED.findall(word)
    return parts if parts and "".join(parts) == word else []


def _error(file: str, line: int, column: int, message: str) -> FileError:
    return FileError(f"{file}: line {line}, column {column}: {message}", file)
