import base64
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import nbm
from nbm.vtk_image import write_vti

DTYPES = {"Float64": "<f8", "Float32": "<f4", "Int8": "i1"}


def read_vti(path):
    """Read the file back by its specification alone: fields as [k, j, i] arrays, origin, spacing, nodes."""
    root = ElementTree.parse(path).getroot()
    assert root.attrib["type"] == "ImageData"
    assert root.attrib["byte_order"] == "LittleEndian"
    assert root.attrib["header_type"] == "UInt64"
    image = root.find("ImageData")
    extent = [int(word) for word in image.attrib["WholeExtent"].split()]
    nodes = [extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in range(3)]
    fields = {}
    for array in image.findall("Piece/PointData/DataArray"):
        assert array.attrib["format"] == "binary"
        raw = base64.b64decode(array.text.strip(), validate=True)
        assert int.from_bytes(raw[:8], "little") == len(raw) - 8
        components = int(array.attrib["NumberOfComponents"])
        values = np.frombuffer(raw[8:], dtype=DTYPES[array.attrib["type"]])
        fields[array.attrib["Name"]] = values.reshape(*nodes[::-1], components).squeeze(-1 if components == 1 else ())
    return (
        fields,
        [float(word) for word in image.attrib["Origin"].split()],
        [float(word) for word in image.attrib["Spacing"].split()],
        nodes,
    )


def test_every_value_stands_at_its_node(tmp_path):
    shape = (3, 4, 5)
    i, j, k = np.indices(shape)
    values = i + 10.0 * j + 100.0 * k
    vectors = np.stack([values, -values, 0.1 * values], axis=-1)
    side = (i % 2).astype(np.int8)
    write_vti(tmp_path / "a.vti", (0.1, -2, 3), (0.5, 0.25, 1 / 3), shape, {"u": values, "v": vectors, "side": side})
    fields, origin, spacing, nodes = read_vti(tmp_path / "a.vti")
    assert nodes == list(shape)
    assert origin == [0.1, -2.0, 3.0]
    assert spacing == [0.5, 0.25, 1 / 3]
    np.testing.assert_array_equal(fields["u"], values.transpose(2, 1, 0))
    np.testing.assert_array_equal(fields["v"], vectors.transpose(2, 1, 0, 3))
    np.testing.assert_array_equal(fields["side"], side.transpose(2, 1, 0))


def test_names_are_quoted(tmp_path):
    write_vti(tmp_path / "a.vti", (0, 0, 0), (1, 1, 1), (2, 2, 2), {'a"<&ä': np.zeros((2, 2, 2), np.float32)})
    assert list(read_vti(tmp_path / "a.vti")[0]) == ['a"<&ä']


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros((2, 2, 2, 2)), np.zeros((2, 2, 2), int)]
)
def test_other_shapes_and_types_are_refused(tmp_path, bad):
    with pytest.raises(nbm.InvalidArgument):
        write_vti(tmp_path / "a.vti", (0, 0, 0), (1, 1, 1), (2, 2, 2), {"u": bad})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_a_file_error(tmp_path):
    with pytest.raises(nbm.FileError):
        write_vti(tmp_path / "no" / "a.vti", (0, 0, 0), (1, 1, 1), (2, 2, 2), {})


def test_vtk_reads_the_same(tmp_path):
    vtk = pytest.importorskip("vtkmodules.vtkIOXML")
    from vtkmodules.util.numpy_support import vtk_to_numpy

    values = np.random.default_rng(0).normal(size=(3, 4, 5))
    write_vti(tmp_path / "a.vti", (1, 2, 3), (0.5, 0.25, 0.125), (3, 4, 5), {"u": values})
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName(str(tmp_path / "a.vti"))
    reader.Update()
    image = reader.GetOutput()
    assert image.GetDimensions() == (3, 4, 5)
    assert image.GetOrigin() == (1, 2, 3)
    np.testing.assert_array_equal(vtk_to_numpy(image.GetPointData().GetArray("u")), values.ravel(order="F"))
