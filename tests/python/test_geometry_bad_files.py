"""Files as they are in the wild: each fault is a sentence that says what, where, and what to do."""

import gzip

import numpy as np
import pytest

import nbm
from nbm import geometry
from shape_files import ball_image, binary_stl, icosphere, text_obj, text_ply

pytest.importorskip("trimesh")
pytest.importorskip("igl")

V, F = icosphere(1.0, 1)
SHEET = F[V[F].mean(axis=1)[:, 2] > 0]
NAN = np.where(np.arange(len(V))[:, None] == 7, np.nan, V)
BALL = ball_image(8)[0]


def atom(tail="0.0 0.0 0.0 1.0 2.0", head="ATOM 1 N ALA A 1 "):
    return f"REMARK a remark with the word atom\nATOM 1 C ALA A 1 9.0 9.0 9.0 0.5 1.5\n{head}{tail}\n".encode()


def npy(values):
    import io

    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


# name -> (file name, content or None for none, options, words of the sentence)
CASES = {
    "mesh missing": ("a.stl", None, {}, "cannot be read"),
    "mesh empty": ("a.stl", b"", {}, "is empty"),
    "mesh of unknown kind": ("a.step", b"ISO-10303-21;", {}, "no known kind"),
    "stl too short": ("a.stl", b"\0" * 40, {}, "40 bytes, too few for the header"),
    "stl cut off": ("a.stl", binary_stl(V, F)[:-120], {}, "announces 80 triangles and has 77"),
    "text stl cut off": ("a.stl", b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\n", {}, "'endsolid'"),
    "stl with no triangle": ("a.stl", binary_stl(V, F[:0]), {}, "no triangle"),
    "stl with nan": ("a.stl", binary_stl(NAN, F), {}, "expected finite numbers"),
    "ply with nan": ("a.ply", text_ply(NAN, F), {}, "vertex 7 is [nan, nan, nan]"),
    "ply cut off": ("a.ply", text_ply(V, F)[:-400], {}, "announces 80 faces and has"),
    "ply of points": ("a.ply", text_ply(V, F[:0]), {}, "42 points and no triangle"),
    "ply that is no ply": ("a.ply", b"hello world\n", {}, "cannot be read as PLY"),
    "obj with a vertex that is not there": ("a.obj", text_obj(V[:20], F), {}, "complete|damaged"),
    "obj of words": ("a.obj", b"nothing to see here\n", {}, "no triangle"),
    "gzip cut off": ("a.ply.gz", gzip.compress(text_ply(V, F))[:-30], {}, "cannot be read"),
    "gzip that is none": ("a.stl.gz", b"solid", {}, "cannot be read"),
    "triangles without area": ("a.obj", text_obj(V * [0, 0, 1], F), {}, "have no area"),
    "open sheet": ("a.ply", text_ply(V, SHEET), {}, "is an open sheet: closing its holes takes"),
    "mesh with the option of an image": ("a.ply", text_ply(V, F), {"threshold": 3}, "is no option of a mesh"),
    "mesh scaled by nothing": ("a.ply", text_ply(V, F), {"scale": 0.0}, "expected a positive number"),
    "image missing": ("a.npy", None, {}, "no such file"),
    "image empty": ("a.tif", b"", {}, "is empty"),
    "image cut off": ("a.npy", npy(BALL)[:-100], {}, "cannot be read as an image"),
    "image that is none": ("a.nrrd", b"NRRD9999\n", {}, "cannot be read as an image"),
    "tiff that is none": ("a.tif", b"II*\0nonsense", {}, "three axes|cannot be read"),
    "image of two axes": ("a.npy", npy(BALL[0]), {}, "shape (8, 8), expected three axes"),
    "colour image": ("a.npy", npy(np.stack(3 * [BALL], axis=-1)), {}, "keep one channel"),
    "image of three voxels": ("a.npy", npy(BALL[:3]), {}, "at least 4 along each axis"),
    "image with nan": ("a.npy", npy(np.where(BALL < 0.4, np.nan, BALL)), {"threshold": 1.0}, "expected finite numbers"),
    "image of text": ("a.npy", npy(np.full((4, 4, 4), "a")), {}, "expected numbers"),
    "image of one label": ("a.npy", npy(np.ones((6, 6, 6), int)), {}, "every voxel is 1"),
    "grey image without threshold": (
        "a.npy",
        npy((ball_image(24)[0] * 30000).astype(np.uint16)),
        {},
        "grey values from .*; give the threshold",
    ),
    "threshold beyond the values": ("a.npy", npy(BALL), {"threshold": 9.0}, "holds values from"),
    "several labels and none chosen": ("a.npy", npy((BALL * 3).astype(int)), {}, "give the label, or labels"),
    "label that does not occur": ("a.npy", npy((BALL * 3).astype(int)), {"label": 11}, "label: got 11"),
    "all labels": ("a.npy", npy((BALL < 0.6).astype(int)), {"label": [0, 1]}, "nothing is outside"),
    "spacing of no size": ("a.npy", npy(BALL), {"spacing": (1, 0, 1), "threshold": 0.5}, "three positive numbers"),
    "pqr without atoms": ("a.pqr", b"REMARK only atom words\nEND\n", {}, "holds no atom"),
    "pqr of bytes": ("a.pqr", b"\xff\xfe\x00", {}, "is no text (byte 0)"),
    "pqr with an unknown record": (
        "a.pqr",
        atom(head="ATM 1 N ALA A 1 "),
        {},
        "line 3, column 1: .*unknown record 'ATM'",
    ),
    "pqr with columns that could be cut twice": ("a.pqr", atom("30.252100.167 1.0 1.0 1.0"), {}, "line 3, column 18"),
    "pqr with a word for a charge": ("a.pqr", atom("0.0 0.0 0.0 q 2.0"), {}, "'q' where the charge should be"),
    "pqr with an element at the end": ("a.pqr", atom("0.0 0.0 0.0 1.0 2.0 N"), {}, "line 3, column 38: .*radius"),
    "pqr without a radius": ("a.pqr", atom("0.0 0.0 0.0 1.0", head="ATOM 1 N ALA "), {}, "where the x should be"),
    "pqr with six numbers": ("a.pqr", atom("0.5 0.0 0.0 0.0 1.0 2.0"), {}, "more than five numbers"),
    "pqr with a radius below 0": ("a.pqr", atom("0.0 0.0 0.0 1.0 -2.0"), {}, "radius -2.0, expected at least 0"),
    "pqr with nan": ("a.pqr", atom("nan 0.0 0.0 1.0 2.0"), {}, "the x nan, expected a finite number"),
    "pqr with one place twice": ("a.pqr", atom("9.0 9.0 9.0 1.0 2.0"), {}, "in the place of that of line 2"),
    "pqr with two models": ("a.pqr", b"MODEL 1\nMODEL 2\n", {}, "line 2, column 1: starts a second model"),
    "pqr of radii 0": ("a.pqr", b"ATOM 1 N ALA 1 0.0 0.0 0.0 1.0 0.0\n", {}, "every radius is 0"),
    "pqr with a name only": ("a.pqr", b"ATOM 0.0 0.0 0.0 1.0 2.0\n", {}, "no name of an atom"),
}


def test_there_are_forty_of_them():
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_a_sentence(tmp_path, case):
    name, content, options, words = CASES[case]
    if name.endswith(".tif"):
        pytest.importorskip("tifffile")
    if name.endswith(".nrrd"):
        pytest.importorskip("nrrd")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    pattern = (
        words if ".*" in words or "|" in words else words.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")
    )
    with pytest.raises((nbm.FileError, nbm.InvalidArgument), match=pattern) as caught:
        geometry.read(tmp_path / name, **options)
    message = str(caught.value)
    assert name in message or isinstance(caught.value, nbm.InvalidArgument)
    assert "\n" not in message
