"""Shapes from files of any kind that is known, with the options of the kind."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbm.errors import FileError, InvalidArgument
from nbm.geometry.image import image
from nbm.geometry.image_files import IMAGE_ENDINGS
from nbm.geometry.mesh import mesh
from nbm.geometry.mesh_files import MESH_ENDINGS
from nbm.geometry.molecule import MOLECULE_ENDINGS, molecule
from nbm.geometry.shape import Shape

__all__ = ["read"]

_Reader = Callable[..., Shape]
_KINDS: dict[str, tuple[tuple[str, ...], _Reader]] = {
    "mesh": (MESH_ENDINGS, mesh),
    "image": (IMAGE_ENDINGS, image),
    "molecule": (MOLECULE_ENDINGS, molecule),
}


def read(path: str | os.PathLike[str], **options: Any) -> Shape:
    """Return the solid of a file: a triangle mesh, a voxel image or a molecule, by the ending of its name.

    Args:
        path: The file.
        options: Those of :func:`nbm.geometry.mesh`, :func:`nbm.geometry.image` or :func:`nbm.geometry.molecule`.

    Raises:
        FileError: an ending that is not known, or what the reader of the kind finds.
        InvalidArgument: an option that this kind has not, or what the reader of the kind finds.
    """
    name = Path(path).name.lower().removesuffix(".gz")
    for kind, (endings, reader) in _KINDS.items():
        if name.endswith(endings):
            known = [option for option in inspect.signature(reader).parameters if option != "path"]
            for option in options:
                if option not in known:
                    message = f"{option}: is no option of a {kind} ({Path(path).name}), expected {', '.join(known)}"
                    raise InvalidArgument(message, option)
            return reader(path, **options)
    expected = "; ".join(f"{kind}: {', '.join(endings)}" for kind, (endings, _) in _KINDS.items())
    raise FileError(f"{path}: is of no known kind, expected a name that ends so: {expected}", str(path))
