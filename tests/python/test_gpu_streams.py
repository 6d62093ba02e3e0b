"""On which stream of a GPU work on arrays is done, and who waits for it. Emulated: any number is a stream."""

import pytest

import nbm
from gpu_fakes import CUDA, CudaInterface, Dlpack, Tensor
from nbm import _core
from nbm.gpu_arrays import stream_handle
from solution_helpers import make_solution, some_points

STREAM = 0x7000  # any number may stand for a stream


@pytest.fixture
def streams(monkeypatch):
    """What was asked of the streams, instead of being done."""
    asked = []
    monkeypatch.setattr(_core, "order_streams", lambda device, a, b: asked.append(("order", device, a, b)))
    monkeypatch.setattr(_core, "wait_for_stream", lambda device, stream: asked.append(("wait", device, stream)))
    return asked


@pytest.mark.emulated
def test_where_no_stream_is_known_the_result_is_complete(streams):
    gpu, points = make_solution().to("cuda"), Dlpack(some_points(5))
    result = gpu(points)
    assert points.streams == [1]  # the producer makes the default stream wait
    assert streams == [("wait", "cuda:0", 1)]
    assert result.stream is None
    assert result.__cuda_array_interface__["stream"] is None
    result.__dlpack__(stream=STREAM)
    assert len(streams) == 1


@pytest.mark.emulated
def test_work_is_on_the_stream_that_the_array_names(streams):
    gpu, at = make_solution().to("cuda"), some_points(5)
    for points in (CudaInterface(at, stream=STREAM), Tensor(at, stream=STREAM)):
        result = gpu(points)
        assert result.stream == STREAM
        assert result.__cuda_array_interface__["stream"] == STREAM
        assert streams == []  # in order by itself
        if isinstance(points, Tensor):
            assert points.streams == [STREAM]


@pytest.mark.emulated
def test_work_is_on_the_stream_that_is_given(streams):
    gpu, at = make_solution().to("cuda"), some_points(5)
    other = Dlpack(at)
    assert gpu(other, stream=STREAM).stream == STREAM
    assert other.streams == [STREAM]
    assert streams == []
    # Another than the array's: the work waits for what makes the array.
    assert gpu(CudaInterface(at, stream=2), stream=STREAM).stream == STREAM
    assert streams == [("order", "cuda:0", 2, STREAM)]


@pytest.mark.emulated
def test_consumers_get_their_stream_ordered(streams):
    gpu, at = make_solution().to("cuda"), some_points(5)
    result = gpu(CudaInterface(at), stream=STREAM)
    result.__dlpack__(stream=STREAM)
    result.__dlpack__(stream=-1)
    assert streams == []
    result.__dlpack__(stream=None)
    result.__dlpack__(stream=2)
    assert streams == [("order", "cuda:0", STREAM, 1), ("order", "cuda:0", STREAM, 2)]
    streams.clear()
    gpu.gradient(gpu.gradient(CudaInterface(at), stream=STREAM), stream=5)
    assert streams == [("order", "cuda:0", STREAM, 5)]
    for bad in (0, -2):
        with pytest.raises(BufferError):
            result.__dlpack__(stream=bad)
    for options in ({"copy": True}, {"dl_device": (1, 0)}):
        with pytest.raises(BufferError):
            result.__dlpack__(**options)
    result.__dlpack__(max_version=(1, 0), dl_device=(CUDA, 0), copy=False)


@pytest.mark.emulated
def test_a_result_that_is_written_again_is_of_the_later_stream(streams):
    gpu, at = make_solution().to("cuda"), some_points(5)
    result = gpu(Dlpack(at))
    assert result.stream is None
    assert gpu(Dlpack(at), out=result, stream=STREAM) is result
    assert result.stream == STREAM
    streams.clear()
    gpu(Dlpack(at), out=result, stream=2)  # after what was written before
    assert streams == [("order", "cuda:0", STREAM, 2)]
    assert result.stream == 2


def test_streams_are_numbers_or_objects_of_the_known_libraries():
    class Holder:
        def __init__(self, **attributes):
            self.__dict__.update(attributes)

    class Core:
        def __cuda_stream__(self):
            return (0, 77)

    assert stream_handle(0) == stream_handle(1) == 1
    assert stream_handle(2) == 2
    assert stream_handle(Holder(cuda_stream=5)) == 5  # PyTorch
    assert stream_handle(Holder(ptr=6)) == 6  # CuPy
    assert stream_handle(Holder(handle=Holder(value=8))) == 8  # Numba
    assert stream_handle(Core()) == 77
    for bad in (-1, "default", 1.5, object(), True):
        with pytest.raises(nbm.InvalidArgument) as caught:
            stream_handle(bad)
        assert caught.value.name == "stream"
