"""Arrays on a GPU in and out: DLPack, the CUDA array interface, streams. Emulated: device memory is NumPy's."""

import gc

import numpy as np
import pytest

import nbm
from gpu_fakes import CUDA, CUDA_MANAGED, CudaInterface, Dlpack, Tensor, exported, read_capsule
from solution_helpers import make_solution, some_points

STREAM = 0x7000  # any number may stand for a stream
# As in test_solution.py, of the type that is stored and computed with; slopes are 10 times as large.
TOLERANCE = {np.float32: 400 * np.finfo(np.float32).eps, np.float64: 400 * np.finfo(np.float64).eps}
VALUES, GRADIENTS = ("__call__", "minus", "plus", "jump", "level_set"), ("gradient", "gradient_minus", "gradient_plus")


@pytest.mark.emulated
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("export", [CudaInterface, Dlpack, lambda a: Tensor(a, stream=STREAM)])
def test_results_are_on_the_gpu_in_the_type_of_the_points(dtype, export):
    cpu = make_solution()
    gpu, at = cpu.to("cuda"), some_points(300).astype(dtype)
    points = export(at)
    for method in VALUES + GRADIENTS:
        result = getattr(gpu, method)(points)
        assert isinstance(result, nbm.GpuArray)
        assert (result.device, result.dtype) == ("cuda:0", np.dtype(dtype).name)
        expected = getattr(cpu, method)(at)
        assert result.shape == expected.shape
        bound = TOLERANCE[dtype] * (10 if method in GRADIENTS else 1)
        np.testing.assert_allclose(result.numpy(), expected, rtol=0, atol=bound, err_msg=method)
    u, gradient = gpu.value_and_gradient(points)
    np.testing.assert_array_equal(gradient.numpy(), gpu.gradient(points).numpy())
    np.testing.assert_allclose(u.numpy(), cpu(at), rtol=0, atol=TOLERANCE[dtype])
    side = gpu.side(points)
    assert side.dtype == "int8"
    np.testing.assert_array_equal(side.numpy(), cpu.side(at))


@pytest.mark.emulated
def test_what_solve_returns_is_evaluated_on_the_gpu():
    box = nbm.Box((-1, -1, -1), (1, 1, 1))
    radius = (nbm.symbols.x**2 + nbm.symbols.y**2 + nbm.symbols.z**2) ** 0.5
    problem = nbm.Problem(box, radius - 0.5, minus=nbm.Medium(mu=100.0), boundary=nbm.symbols.z)
    gpu = nbm.solve(problem, seconds=1, device="cuda")
    assert gpu.info["solved_by"].startswith("expansion")
    cpu, at = gpu.to("cpu"), np.random.default_rng(2).uniform(-1, 1, (300, 3))
    assert (gpu.device, cpu.device) == ("cuda:0", "cpu")
    assert cpu(at).any()
    assert not gpu.networks(at).any()
    for method in VALUES + GRADIENTS:
        expected = getattr(cpu, method)(at)
        np.testing.assert_allclose(getattr(gpu, method)(at), expected, rtol=0, atol=1e-12, err_msg=method)
        in_place = getattr(gpu, method)(CudaInterface(at))
        np.testing.assert_array_equal(in_place.numpy(), getattr(gpu, method)(at), err_msg=method)
        single = at.astype(np.float32)
        rounded = getattr(gpu, method)(CudaInterface(single)).numpy()
        bound = 4 * np.finfo(np.float32).eps * np.abs(expected).max()
        np.testing.assert_allclose(rounded, getattr(cpu, method)(single), rtol=0, atol=bound, err_msg=method)


@pytest.mark.emulated
def test_arithmetic_may_differ_from_the_arrays():
    gpu, at = make_solution().to("cuda"), some_points(50)
    twice = gpu(CudaInterface(at)).numpy()
    single = gpu(CudaInterface(at), precision="float32").numpy()
    assert single.dtype == np.float64
    assert 0 < np.abs(single - twice).max() < TOLERANCE[np.float32]
    with pytest.raises(nbm.InvalidArgument) as caught:
        gpu(CudaInterface(at), precision="half")
    assert caught.value.name == "precision"


@pytest.mark.emulated
def test_results_are_exported_by_both_protocols():
    gpu, at = make_solution().to("cuda"), some_points(7)
    result = gpu.gradient(CudaInterface(at))
    interface = result.__cuda_array_interface__
    assert {key: interface[key] for key in ("shape", "typestr", "strides", "version")} == {
        "shape": (7, 3),
        "typestr": "<f8",
        "strides": None,
        "version": 3,
    }
    assert interface["data"] == (result.native.pointer, False)
    device, values = read_capsule(result.__dlpack__())
    assert device == result.__dlpack_device__() == (CUDA, 0)
    np.testing.assert_array_equal(values, result.numpy())
    assert len(result) == 7
    assert "cuda:0" in repr(result)


@pytest.mark.emulated
def test_a_capsule_outlives_its_array():
    gpu, at = make_solution().to("cuda"), some_points(1000)
    expected = gpu(at)
    capsule = gpu(CudaInterface(at)).__dlpack__()
    gc.collect()
    np.testing.assert_allclose(read_capsule(capsule)[1], expected, rtol=0, atol=TOLERANCE[np.float64])


@pytest.mark.emulated
def test_results_are_points_of_the_next_call():
    gpu, at = make_solution().to("cuda"), some_points(20)
    slopes = gpu.gradient(CudaInterface(at))
    np.testing.assert_array_equal(
        gpu.minus(slopes, outside="extrapolate").numpy(), gpu.minus(slopes.numpy(), outside="extrapolate")
    )


@pytest.mark.emulated
def test_borrowed_tensors_are_given_back():
    gpu, points = make_solution().to("cuda"), Dlpack(some_points(5))
    for _ in range(3):
        gpu(points)
    with pytest.raises(nbm.InvalidArgument):
        gpu(Dlpack(np.zeros((5, 2))))
    gc.collect()
    assert not exported


@pytest.mark.emulated
def test_managed_memory_is_gpu_memory():
    gpu, at = make_solution().to("cuda"), some_points(5)
    np.testing.assert_array_equal(gpu(Dlpack(at, device=(CUDA_MANAGED, 0))).numpy(), gpu(at))


@pytest.mark.emulated
def test_no_points_give_no_values():
    gpu = make_solution().to("cuda")
    for export in (CudaInterface, Dlpack):
        empty = export(np.empty((0, 3)))
        assert gpu(empty).numpy().shape == (0,)
        assert gpu.gradient(empty).numpy().shape == (0, 3)
        assert gpu.side(empty).numpy().shape == (0,)


# --- out ---


@pytest.mark.emulated
@pytest.mark.parametrize("export", [CudaInterface, Dlpack])
def test_results_go_where_they_are_wanted(export):
    gpu, at = make_solution().to("cuda"), some_points(40)
    values, slopes, sides = np.zeros(40), np.zeros((40, 3)), np.zeros(40, dtype=np.int8)
    out = export(values)
    assert gpu(export(at), out=out) is out
    np.testing.assert_array_equal(values, gpu(at))
    gpu.gradient(export(at), out=export(slopes))
    np.testing.assert_array_equal(slopes, gpu.gradient(at))
    gpu.side(export(at), out=export(sides))
    np.testing.assert_array_equal(sides, gpu.side(at))
    values[:], slopes[:] = 0, 0
    gpu.value_and_gradient(export(at), out=(export(values), export(slopes)))
    np.testing.assert_allclose(values, gpu(at), rtol=0, atol=TOLERANCE[np.float64])
    np.testing.assert_array_equal(slopes, gpu.gradient(at))


@pytest.mark.emulated
@pytest.mark.parametrize(
    ("out", "what"),
    [
        (lambda: CudaInterface(np.zeros(4)), r"shape \(4,\), expected float64 of shape \(5,\)"),
        (lambda: CudaInterface(np.zeros(5, dtype=np.float32)), "got float32"),
        (lambda: CudaInterface(np.zeros(5), read_only=True), "read-only"),
        (lambda: CudaInterface(np.zeros(10)[::2]), "contiguous"),
        (lambda: np.zeros(5), "expected an array on cuda:0"),
        (lambda: 7, "expected an array on cuda:0"),
    ],
)
def test_out_must_fit(out, what):
    with pytest.raises(nbm.InvalidArgument, match=what) as caught:
        make_solution().to("cuda")(CudaInterface(some_points(5)), out=out())
    assert caught.value.name == "out"


# --- errors ---


@pytest.mark.emulated
@pytest.mark.parametrize(
    ("points", "what"),
    [
        (lambda: CudaInterface(np.zeros(3)), r"shape \(3,\), expected \(n, 3\)"),
        (lambda: Dlpack(np.zeros((3, 2))), r"shape \(3, 2\), expected \(n, 3\)"),
        (lambda: CudaInterface(np.zeros((4, 3), dtype=np.int32)), "int32 values, expected float32 or float64"),
        (lambda: Dlpack(np.zeros((4, 3), dtype=complex)), "complex128 values"),
        (lambda: CudaInterface(np.zeros((4, 3), dtype=">f8")), "byte order"),
        (lambda: CudaInterface(np.zeros((3, 4)).T), "contiguous"),
        (lambda: Dlpack(np.zeros((8, 3))[::2]), "contiguous"),
        (lambda: Dlpack(np.zeros((4, 3)), device=(CUDA, 1)), r"on cuda:1, but the solution is on cuda:0"),
    ],
)
def test_other_arrays_are_refused_in_a_sentence(points, what):
    gpu = make_solution().to("cuda")
    for method in ("__call__", "gradient", "side"):
        with pytest.raises(nbm.InvalidArgument, match=what) as caught:
            getattr(gpu, method)(points())
        assert caught.value.name == "points"


@pytest.mark.emulated
def test_an_array_that_cannot_be_exported_says_why():
    class RequiresGradients(Dlpack):
        @property
        def __cuda_array_interface__(self):
            raise RuntimeError("requires gradients")

        def __dlpack__(self, *, stream=None):
            raise BufferError("call detach() first")

    with pytest.raises(nbm.InvalidArgument, match="detach") as caught:
        make_solution().to("cuda")(RequiresGradients(np.zeros((1, 3))))
    assert caught.value.name == "points"


def test_a_solution_on_the_cpu_sends_arrays_of_a_gpu_to_the_gpu():
    for points in (CudaInterface(np.zeros((1, 3))), Dlpack(np.zeros((1, 3)))):
        with pytest.raises(nbm.InvalidArgument, match=r"\.to\('cuda'\)") as caught:
            make_solution()(points)
        assert caught.value.name == "points"


@pytest.mark.emulated
def test_numpy_does_not_take_them_unasked():
    result = make_solution().to("cuda")(CudaInterface(some_points(3)))
    with pytest.raises(TypeError, match=r"numpy\(\)"):
        np.asarray(result)
    with pytest.raises(nbm.InvalidArgument, match="GPU"):
        make_solution()(result)


@pytest.mark.emulated
def test_where_the_level_set_is_not_finite_u_is_nan():
    gpu = make_solution(nbm.symbols.sqrt(nbm.symbols.x)).to("cuda")
    at = np.array([[0.25, 1.0, 0.0], [-0.25, 1.0, 0.0]])
    np.testing.assert_array_equal(np.isnan(gpu(CudaInterface(at)).numpy()), [False, True])
    np.testing.assert_array_equal(gpu.side(CudaInterface(at)).numpy(), [1, -1])
    with pytest.raises(nbm.InvalidField) as caught:  # from CPU memory, where the call waits anyway
        gpu(at)
    assert caught.value.field == "level_set"


# --- the libraries themselves, on a GPU ---


@pytest.mark.device
def test_pytorch():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch has no GPU")
    gpu, at = make_solution().to("cuda"), some_points(1000)
    points = torch.tensor(at, device="cuda")
    np.testing.assert_allclose(torch.from_dlpack(gpu(points)).cpu().numpy(), gpu(at), rtol=0, atol=1e-12)
    side_stream = torch.cuda.Stream()
    with torch.cuda.stream(side_stream):
        out = torch.zeros(len(at), dtype=torch.float64, device="cuda")
        assert gpu(points + 0, out=out, stream=side_stream) is out
        np.testing.assert_allclose((out * 2).cpu().numpy(), 2 * gpu(at), rtol=0, atol=1e-12)


@pytest.mark.device
def test_cupy():
    cupy = pytest.importorskip("cupy")
    gpu, at = make_solution().to("cuda"), some_points(1000)
    with cupy.cuda.Stream(non_blocking=True):
        result = cupy.asarray(gpu(cupy.asarray(at)))
        np.testing.assert_allclose((2 * result).get(), 2 * gpu(at), rtol=0, atol=1e-12)
