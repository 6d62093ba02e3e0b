"""Problem files in TOML: read, checked, turned into a problem and options. Errors name file, line and key."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import numpy as np
from pydantic import BaseModel, ValidationError

from nbm import expressions, symbols
from nbm.box import Box
from nbm.errors import FileError, InvalidArgument, InvalidField, ProblemFileError
from nbm.fields import GridField
from nbm.manufactured import manufactured
from nbm.observations import Observations
from nbm.optimizers import Adam, GaussNewton, Plateau, Siren
from nbm.problem import Medium, Problem
from nbm.problem_schema import ProblemFile, names_array
from nbm.sampling import Resolution, Sampling
from nbm.toml_lines import line_of
from nbm.training_options import TrainingOptions
from nbm.walls import AXES, Dirichlet, Neumann, Periodic, Robin, WallCondition

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["TomlProblem", "parse_problem", "read_problem"]

_MOST_BYTES = 1 << 20  # of a problem file; larger ones are something else


class TomlProblem:
    """A checked problem file.

    Attributes:
        path: The file.
        text: What it says.
        sections: The same, checked.
        folder: Where the files lie that it names.
    """

    def __init__(self, path: Path, text: str, sections: ProblemFile, folder: Path | None = None) -> None:
        """Hold a file that :func:`read_problem` has read."""
        self.path = path
        self.text = text
        self.sections = sections
        self.folder = path.parent if folder is None else folder
        self._shape: Any = None

    def problem(self) -> Any:
        """Return the :class:`nbm.Problem`. ``ProblemFileError`` where the statement contradicts itself."""
        box = self.box()

        def fields(section: str) -> dict[str, Any]:
            return self._fields(section, box)

        from_file = {} if self.sections.geometry is None else {"level_set": self._level_set(box)}
        if self.sections.manufactured is not None:
            with self._blame("manufactured"):
                return manufactured(box=box, **fields("manufactured"), **from_file)
        stated = {name: fields(name) for name in ("problem", "minus", "plus")}
        stated["problem"] |= from_file
        with self._blame("problem"):
            minus, plus = Medium(**stated["minus"]), Medium(**stated["plus"])
            walls = self._walls(self.sections.walls, "walls", box)
            return Problem(box, **stated["problem"], minus=minus, plus=plus, walls=walls)

    def box(self) -> Any:
        """Return the :class:`nbm.Box`: the file's, else one around the shape of [geometry], else [-1, 1]^3."""
        if self.sections.box is None and self.sections.geometry is not None:
            margin = self.sections.geometry.margin
            with self._blame("geometry"):
                return self.shape().box() if margin is None else self.shape().box(margin)
        section = self.sections.box
        with self._blame("box"):
            return Box() if section is None else Box(section.lower, section.upper)

    def shape(self) -> Any:
        """Return the :class:`nbm.geometry.Shape` of [geometry], which must be there. Read once."""
        section = self.sections.geometry
        if self._shape is None and section is not None:
            from nbm import geometry

            options = section.model_dump(exclude_none=True)
            file = self.folder / options.pop("file")
            changes = {name: options.pop(name, None) for name in ("offset", "invert", "margin", "cells")}  # ours
            with self._blame("geometry"):
                shape = geometry.read(file, **options)
            self._shape = shape.offset(changes["offset"]) if changes["offset"] else shape
        return self._shape

    def _fields(self, name: str, box: Any) -> dict[str, Any]:
        """Return the coefficients of a section: numbers, expressions, and grids from files."""
        section = getattr(self.sections, name)
        given = section.model_dump(exclude_unset=True) if section is not None else {}
        for key, value in given.items():
            if isinstance(value, str):
                with self._blame(name, key):
                    of_u = key in ("mu", "reaction")
                    given[key] = self._field(value, box, {"u": symbols.u} if of_u else {})
        if given.get("walls") and name == "manufactured":
            given["walls"] = {face: self._any_field(h, box) for face, h in given["walls"].items()}
        elif given.get("walls"):
            given["walls"] = self._walls(section.walls, name, box)
        return given

    def _walls(self, sections: Mapping[Any, Any], name: str, box: Any) -> dict[str, WallCondition]:
        walls: dict[str, WallCondition] = {}
        for face, section in sections.items():
            with self._blame(name, face):
                given = {key: self._any_field(value, box) for key, value in section.given().items()}
                kind = Neumann if "flux" in given else Robin if "h" in given else Dirichlet
                walls[face] = Periodic(**given) if face in AXES else kind(**given)
        return walls

    def _any_field(self, value: Any, box: Any) -> Any:
        return self._field(value, box, {}) if isinstance(value, str) else value

    def _field(self, text: str, box: Any, symbols_too: dict[str, Any]) -> Any:
        if not names_array(text):
            return expressions.parse(text, {**self.sections.parameters, **symbols_too})
        file = self.folder / text
        try:
            values = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise FileError(f"{file}: cannot be read: {error}", str(file)) from error
        return GridField(values, box)

    def _level_set(self, box: Any) -> Any:
        section: Any = self.sections.geometry
        with self._blame("geometry"):
            shape = ~self.shape() if section.invert else self.shape()
            return shape.on_grid(box, section.cells)

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of :func:`nbm.solve` and :class:`nbm.Trainer` that the file sets."""
        sections = self.sections
        options: dict[str, Any] = sections.training.given()
        cells = options.pop("cells", None)
        if cells is not None:
            options["cell_size"] = max(self.box().edge) / cells
        resolution: dict[str, Any] = {name: options.pop(name) for name in ("levels", "order") if name in options}
        made: dict[str, tuple[Any, dict[str, Any], str]] = {
            "resolution": (Resolution, resolution, "training"),
            "network": (Siren, sections.network.given(), "network"),
            "plateau": (Plateau, sections.plateau.given(), "plateau"),
            "sampling": (Sampling, sections.sampling.given(), "sampling"),
        }
        for name, (kind, given, section) in made.items():
            if given:
                with self._blame(section):
                    options[name] = kind(**given)
        if sections.optimizer.given():
            with self._blame("optimizer"):
                options["optimizer"] = self._optimizer()
        if sections.observations:
            options["observations"] = self._observations()
        return options

    def trains(self) -> bool:
        """Whether the file asks for trained networks: it has an option of training, as in :func:`nbm.solve`."""
        return TrainingOptions(**self.options()).asks_for_training

    def _observations(self) -> list[Any]:
        groups = []
        for i, section in enumerate(self.sections.observations):
            given = section.given()
            with self._blame(f"observations.{i}"):
                groups.append(Observations.from_csv(self.folder / given.pop("file"), **given))
        return groups

    def _optimizer(self) -> Any:
        given = self.sections.optimizer.given()
        kind = given.pop("kind", "auto")
        if kind == "auto":
            return "auto"
        return Adam(**given) if kind == "adam" else GaussNewton(**given)

    @contextmanager
    def _blame(self, section: str, key: str | None = None) -> Iterator[None]:
        """Turn errors about arguments into errors about the key of this section, or the section."""
        try:
            yield
        except ProblemFileError:
            raise
        except (InvalidArgument, InvalidField, FileError) as error:
            named: Any = getattr(error, "name", getattr(error, "field", "file"))
            name = str(named) if key is None else key
            raise _error(self.path, self.text, self._key_of(section, name), str(error)) from error

    def _key_of(self, section: str, name: str) -> tuple[str, ...]:
        """Return the key in the file for a field that an error names, such as ``minus.mu``."""
        side, _, part = name.partition(".")
        if part and section == "manufactured":
            key: tuple[str, ...] = (section, f"{part}_{side}")
        else:
            key = (side, part) if part else (section, name)
        return key if line_of(self.text, key) != line_of(self.text, key[:1]) else (section,)


def read_problem(path: str | os.PathLike[str], folder: Path | None = None) -> TomlProblem:
    """Read and check a problem file.

    Args:
        path: The file.
        folder: Where the files lie that it names; default its own folder.

    Raises:
        FileError: the file cannot be read.
        ProblemFileError: it is not TOML, has an unknown key, a value of another type, or text that is no expression;
            each such place on a line of the message.
    """
    file = Path(path)
    text = _read(file)
    return parse_problem(text, file, folder)


def parse_problem(text: str, file: Path, folder: Path | None = None) -> TomlProblem:
    """Check what a problem file says; arguments and errors as for :func:`read_problem`."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _line_in(str(error))
        hint = _quotes_missing(text, line)
        raise ProblemFileError(f"{file}: not valid TOML: {error}{hint}", str(file), "", line) from error
    parameters = data.get("parameters")
    numbers = {
        name: value
        for name, value in (parameters.items() if isinstance(parameters, dict) else ())
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    try:
        sections = ProblemFile.model_validate(data, context=numbers)
    except ValidationError as error:
        raise _from_validation(file, text, error) from error
    return TomlProblem(file, text, sections, folder)


def _read(file: Path) -> str:
    try:
        with open(file, "rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror}", str(file)) from error
    if len(data) > _MOST_BYTES:
        raise FileError(f"{file}: longer than 1 MiB, expected a problem file", str(file))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"{file}: not UTF-8 text, expected a problem file in TOML", str(file)) from error


def _quotes_missing(text: str, line: int | None) -> str:
    """Return a hint where the line with the error looks like an expression without quotes."""
    lines = text.splitlines()
    key, equals, value = lines[line - 1].partition("=") if line is not None and line <= len(lines) else ("", "", "")
    value = value.split("#")[0].strip()
    if not equals or not value or any(mark in value for mark in "\"'[]{}"):
        return ""
    return f'; expressions are written in quotes: {key.strip()} = "{value}"'


def _line_in(message: str) -> int | None:
    words = message.replace(",", " ").split()
    return int(words[words.index("line") + 1]) if "line" in words else None


def _error(file: Path, text: str, key: Sequence[str], message: str) -> ProblemFileError:
    line, dotted = line_of(text, key), ".".join(key)
    place = f"{file}:{line}" if line is not None else str(file)
    return ProblemFileError(f"{place}: {dotted + ': ' if dotted else ''}{message}", str(file), dotted, line)


def _from_validation(file: Path, text: str, error: ValidationError) -> ProblemFileError:
    errors = []
    for item in error.errors():
        # The tag of a union's alternative is no key of the file; an index into a list belongs to its key.
        key = [str(part) for part in item["loc"] if isinstance(part, str)]
        if key[:1] == ["optimizer"] and len(key) > 2:
            del key[1]
        errors.append(_error(file, text, key, _explain(item, key)))
    first = errors[0]
    return ProblemFileError("\n".join(str(one) for one in errors), str(file), first.key, first.line)


def _explain(item: Any, key: Sequence[str]) -> str:
    if item["type"] == "extra_forbidden":
        known = _keys_beside(item["loc"])
        close = difflib.get_close_matches(key[-1], known, n=1)
        return f"unknown key, {f'did you mean {close[0]}?' if close else 'expected one of ' + ', '.join(known)}"
    if item["type"] == "missing":
        return "this key is missing"
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    message = str(item["msg"]).removeprefix("Input should be ")
    if item["type"].startswith("union_tag"):
        return f'got {item["ctx"].get("tag", "nothing")!r}, expected "auto", "adam" or "gauss_newton"'
    return f"got {item['input']!r}, expected {message[0].lower() + message[1:]}"


def _keys_beside(location: Sequence[Any]) -> list[str]:
    """Return the keys that the schema knows where an unknown one stands."""
    model: type[BaseModel] = ProblemFile
    for part in location[:-1]:
        if part in model.model_fields:
            model = _model_of(model.model_fields[part].annotation, model)
        else:  # the tag of a union
            options = get_args(ProblemFile.model_fields["optimizer"].annotation)
            model = next(option for option in options if part in get_args(option.model_fields["kind"].annotation))
    return list(model.model_fields)


def _model_of(annotation: Any, default: type[BaseModel]) -> type[BaseModel]:
    candidates = get_args(annotation) or (annotation,)
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), default)
