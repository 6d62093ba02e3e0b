"""Training and evaluation on a GPU beside the CPU; where there is none, what nbm says. Emulated: NBM_CUDA=EMULATE."""

import numpy as np
import pytest

import nbm
from nbm import _core
from nbm.doctor import examine
from physics_lines import LINES, shell
from physics_lines import trainer as trainer_of_line
from solution_helpers import make_solution, some_points

EPS = np.finfo(np.float64).eps
# As in test_solution.py: some 40 roundings, amplified by row sums of the weights of at most 10.
TOLERANCE = 400 * EPS
NO_DEVICE = pytest.mark.skipif(_core.cuda_device_count() > 0, reason="there is a GPU, or one is emulated")


def sphere():
    return nbm.problems.sphere()


def train(device, optimizer, **options):
    return nbm.Trainer(
        sphere(),
        network=nbm.Siren(hidden=(7, 6)),
        cell_size=1 / 8,
        optimizer=optimizer,
        sampling=nbm.Sampling(regular=101, irregular=13, boundary=17),
        precision="float64",
        device=device,
        threads=1,
        **options,
    )


def test_auto_is_the_gpu_where_there_is_one():
    assert _core.resolve_device("auto") == ("cuda:0" if _core.cuda_device_count() > 0 else "cpu")
    assert make_solution().to("auto").device == _core.resolve_device("auto")


@NO_DEVICE
def test_without_a_gpu_training_and_evaluation_say_what_is_missing():
    for call in (lambda: train("cuda", nbm.Adam(steps=1)), lambda: make_solution().to("cuda")):
        with pytest.raises(nbm.BackendUnavailable) as caught:
            call()
        assert caught.value.backend == "cuda"
        sentence = str(caught.value)
        assert "device='cpu'" in sentence
        assert ("driver" if _core.build_info().cuda else "NBM_CUDA=ON") in sentence


@NO_DEVICE
def test_without_a_gpu_auto_trains_on_the_cpu():
    trainer = train("auto", nbm.Adam(steps=2))
    assert trainer.run() == "completed"


@pytest.mark.device
# Derivatives agree to 1e-12 of the largest; a step of Adam divides each by its own size, and the normal equations have
# condition numbers near 1e10 (tests/cuda/test_cuda_training.cpp has the same bounds).
@pytest.mark.parametrize(
    ("optimizer", "bound"), [(nbm.Adam(steps=6), 1e-8), (nbm.GaussNewton(steps=3, starts=1), 1e-5)]
)
def test_training_takes_the_steps_of_the_cpu(optimizer, bound):
    trained = {}
    for device in ("cpu", "cuda"):
        trained[device] = train(device, optimizer)
        trained[device].run()
    np.testing.assert_allclose(trained["cuda"].parameters, trained["cpu"].parameters, rtol=0, atol=bound)
    last = [trained[device].history[-1] for device in ("cpu", "cuda")]
    assert last[0].rows == last[1].rows
    assert last[1].loss == pytest.approx(last[0].loss, rel=bound)


@pytest.mark.device
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("optimizer", "bound"),
    [(nbm.Adam(steps=4), 1e-8), (nbm.GaussNewton(steps=3, starts=1), 1e-5)],
    ids=["adam", "gauss_newton"],
)
def test_every_line_of_physics_takes_the_steps_of_the_cpu_and_goes_on(line, optimizer, bound, tmp_path):
    cpu, gpu, again = (trainer_of_line(line, optimizer, device=device) for device in ("cpu", "cuda", "cuda"))
    cpu.run()
    gpu.step(2)
    gpu.save_checkpoint(tmp_path / "half.safetensors")
    gpu.run()
    np.testing.assert_allclose(gpu.parameters, cpu.parameters, rtol=0, atol=bound)
    for on_gpu, on_cpu in zip(gpu.history, cpu.history, strict=True):
        assert on_gpu.rows == on_cpu.rows
        assert on_gpu.loss == pytest.approx(on_cpu.loss, rel=bound)
    again.load_checkpoint(tmp_path / "half.safetensors")
    again.run()
    np.testing.assert_array_equal(again.parameters, gpu.parameters)


@pytest.mark.device
def test_networks_of_pieces_stay_on_the_cpu():
    with pytest.raises(nbm.InvalidArgument, match="'pieces' are trained on the CPU alone; use device='cpu'"):
        nbm.Trainer(shell(), networks="pieces", device="cuda")
    solution = nbm.Trainer(shell(), networks="pieces", device="auto").solution()
    with pytest.raises(nbm.InvalidArgument, match="a network for each piece is evaluated on the CPU alone"):
        solution.to("cuda")


@pytest.mark.device
def test_solve_trains_on_the_gpu():
    solution = nbm.solve(
        sphere(),
        cell_size=1 / 8,
        optimizer=nbm.Adam(steps=3),
        device="cuda",
        sampling=nbm.Sampling(regular=64, irregular=8, boundary=8),
    )
    assert solution.device == "cpu"  # evaluation goes where it is asked to go
    assert len(solution.history) == 3


@pytest.mark.device
def test_points_in_cpu_memory_give_what_the_cpu_gives():
    cpu, points = make_solution(), some_points(500)
    gpu = cpu.to("cuda")
    for method in ("__call__", "minus", "plus", "jump", "level_set"):
        found = getattr(gpu, method)(points)
        assert isinstance(found, np.ndarray)
        np.testing.assert_allclose(found, getattr(cpu, method)(points), rtol=0, atol=TOLERANCE, err_msg=method)
    for method in ("gradient", "gradient_minus", "gradient_plus"):
        # Slopes are those of the first layer's weights, the frequency and the box: 10 times the values.
        found = getattr(gpu, method)(points)
        np.testing.assert_allclose(found, getattr(cpu, method)(points), rtol=0, atol=10 * TOLERANCE, err_msg=method)
    u, gradient = gpu.value_and_gradient(points)
    np.testing.assert_allclose(u, cpu(points), rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(gradient, gpu.gradient(points))
    np.testing.assert_array_equal(gpu.side(points), cpu.side(points))
    assert gpu.side(points).dtype == np.int8
    single = gpu(points, precision="float32")
    np.testing.assert_allclose(single, cpu(points), rtol=0, atol=400 * np.finfo(np.float32).eps)
    assert gpu(np.empty((0, 3))).shape == (0,)


@pytest.mark.device
def test_a_solution_moves_between_devices():
    cpu = make_solution()
    cpu.threads = 2
    gpu = cpu.to("cuda")
    assert (cpu.device, gpu.device, gpu.to("cpu").device) == ("cpu", "cuda:0", "cpu")
    assert gpu.to("cuda:0") is gpu
    assert cpu.to("cpu") is cpu
    assert gpu.threads == 2
    np.testing.assert_array_equal(gpu.parameters, cpu.parameters)
    with pytest.raises(nbm.BackendUnavailable, match="smaller index"):
        cpu.to(f"cuda:{_core.cuda_device_count()}")
    with pytest.raises(nbm.InvalidArgument) as caught:
        cpu.to("abacus")
    assert caught.value.name == "device"


@pytest.mark.device
def test_everything_else_of_a_solution_works_on_the_gpu(tmp_path):
    cpu = make_solution()
    gpu = cpu.to("cuda")
    points = some_points(50)
    assert gpu.error(cpu, points=points).linf < TOLERANCE
    gpu.to_vtk(tmp_path / "gpu.vti", shape=(4, 3, 3), fields=("u", "side", "gradient"))
    gpu.save(tmp_path / "u.safetensors")
    assert nbm.load(tmp_path / "u.safetensors").to("cuda")(points) == pytest.approx(gpu(points), abs=0)


@pytest.mark.device
def test_a_level_set_that_is_a_function_stays_on_the_cpu():
    with pytest.raises(nbm.InvalidArgument, match="GPU") as caught:
        make_solution(lambda points: points[:, 0]).to("cuda")
    assert caught.value.name == "level_set"


@pytest.mark.device
def test_points_must_be_points_on_the_gpu_too():
    gpu = make_solution().to("cuda")
    with pytest.raises(nbm.InvalidArgument, match=r"\(\.\.\., 3\)"):
        gpu([0.0, 0.0])
    for option in ({"out": np.zeros(1)}, {"stream": 1}):
        with pytest.raises(nbm.InvalidArgument, match="CPU memory") as caught:
            gpu([[0.0, 0.0, 0.0]], **option)
        assert caught.value.name in option


@pytest.mark.emulated
def test_doctor_says_that_the_gpu_is_emulated():
    (finding,) = [finding for finding in examine() if finding.name == "cuda"]
    assert "emulated" in finding.value
    assert not finding.ok
