import numpy as np
import pytest

import nbm
from nbm.arrays import as_points, as_values


def test_float64_rows_are_taken_without_a_copy():
    points = np.zeros((4, 3))
    assert as_points(points) is points


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2, 3], [4, 5, 6]],
        np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32),
        np.array([[1, 2, 3], [4, 5, 6]], dtype=np.int16),
        np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]).T,
        np.array([[1.0, 2.0, 3.0], [9, 9, 9], [4.0, 5.0, 6.0]])[::2],
    ],
)
def test_whatever_is_real_becomes_c_ordered_float64(given):
    points = as_points(given)
    assert points.dtype == np.float64
    assert points.flags.c_contiguous
    np.testing.assert_array_equal(points, [[1, 2, 3], [4, 5, 6]])


class OnlyDlpack:
    """An array of another library: nothing but the exchange protocol."""

    def __init__(self, array, device=(1, 0)):
        self._array = array
        self._device = device

    def __dlpack__(self, **options):
        return self._array.__dlpack__()

    def __dlpack_device__(self):
        return self._device


def test_other_libraries_arrays_come_by_dlpack():
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(as_points(OnlyDlpack(array)), array)


def test_arrays_on_a_gpu_are_refused():
    with pytest.raises(nbm.InvalidArgument, match="GPU") as caught:
        as_points(OnlyDlpack(np.zeros((1, 3)), device=(2, 0)))
    assert caught.value.name == "points"


@pytest.mark.parametrize(
    "bad",
    [
        [1.0, 2.0],
        3.0,
        np.zeros((3, 2)),
        np.zeros((2, 3, 1)),
        np.zeros((2, 3), dtype=complex),
        np.zeros((2, 3), dtype=bool),
        np.zeros((2, 3), dtype=object),
        "text",
        [["a", "b", "c"]],
        [[1.0, 2.0, 3.0], [4.0]],
        None,
        [[0.0, 0.0, np.nan]],
        [[0.0, np.inf, 0.0]],
    ],
)
def test_anything_else_is_an_error_that_names_the_argument(bad):
    with pytest.raises(nbm.InvalidArgument) as caught:
        as_points(bad, "where")
    assert caught.value.name == "where"


def test_values_have_the_asked_size():
    np.testing.assert_array_equal(as_values([1, 2], 2, "values"), [1.0, 2.0])
    for one in (2, np.float32(2), [2], [[2]], np.True_):
        np.testing.assert_array_equal(as_values(one, 1, "values"), [float(np.squeeze(one))])
    np.testing.assert_array_equal(as_values(np.array([[1], [0]], dtype=bool), 2, "values"), [1.0, 0.0])
    np.testing.assert_array_equal(as_values(7, 3, "values"), [7.0, 7.0, 7.0])
    for bad in ([1, 2], [1], [[1, 2, 3]], None, "abc", [1j, 2j, 3j]):
        with pytest.raises(nbm.InvalidArgument, match="values: got"):
            as_values(bad, 3, "values")
