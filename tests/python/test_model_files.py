import json

import numpy as np
import pytest

import nbm
from nbm import _core
from solution_helpers import LOWER, UPPER, level_set, make_solution, parameters_of, some_points


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.safetensors"
    make_solution().save(path)
    return path


def test_a_model_comes_back_bit_for_bit(model):
    solution, again, points = make_solution(), nbm.load(model), some_points()
    np.testing.assert_array_equal(again.parameters, solution.parameters)
    np.testing.assert_array_equal(again(points), solution(points))
    np.testing.assert_array_equal(again.gradient(points), solution.gradient(points))
    assert again.info == solution.info
    again.save(model)
    assert nbm.load(model).info == solution.info
    assert [file.name for file in model.parent.iterdir()] == [model.name]


def test_the_safetensors_package_reads_models(model):
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(model, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        description = json.loads(file.metadata()["nbm"])
    parts = ["hidden.0.weight", "hidden.0.bias", "hidden.1.weight", "hidden.1.bias", "output.weight", "output.bias"]
    joined = [tensors[f"{side}.{part}"].ravel() for side in ("minus", "plus") for part in parts]
    np.testing.assert_array_equal(np.concatenate(joined), parameters_of())
    assert tensors["plus.hidden.0.weight"].shape == (6, 3)
    assert description["format"] == 1
    assert description["siren"] == {"hidden": [6, 5], "omega": 2.5, "gamma": 1.5}
    assert description["box"] == {"lower": LOWER.tolist(), "upper": UPPER.tolist()}
    assert description["level_set"]["kind"] == "expression"


def test_models_that_the_safetensors_package_wrote_are_read(model):
    numpy_files = pytest.importorskip("safetensors.numpy")
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(model, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    tensors["minus.output.bias"] = np.array([0.125])
    numpy_files.save_file(tensors, model, metadata=metadata)
    with pytest.raises(nbm.FileError, match="digest"):
        nbm.load(model)
    del metadata["digest"]  # files of before there were digests have none
    numpy_files.save_file(tensors, model, metadata=metadata)
    again = nbm.load(model)
    expected = parameters_of()
    expected[expected.size // 2 - 1] = 0.125
    np.testing.assert_array_equal(again.parameters, expected)


def test_gridded_level_sets_are_kept(tmp_path):
    values = np.random.default_rng(2).normal(size=(5, 6, 4))
    grid = _core.GridField(_core.Box(tuple(LOWER), tuple(UPPER)), values, "quadratic_eno")
    solution = make_solution(_core.Field.from_grid(grid))
    solution.save(tmp_path / "model.safetensors")
    again, points = nbm.load(tmp_path / "model.safetensors"), some_points()
    np.testing.assert_array_equal(again.level_set(points), solution.level_set(points))
    np.testing.assert_array_equal(again(points), solution(points))


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300, 1e10])
def test_parameters_that_no_network_can_have_are_refused(model, value):
    numpy_files = pytest.importorskip("safetensors.numpy")
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(model, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = {key: text for key, text in file.metadata().items() if key != "digest"}
    for name in tensors:
        damaged = {key: values.copy() for key, values in tensors.items()}
        damaged[name].flat[-1] = value
        numpy_files.save_file(damaged, model, metadata=metadata)
        with pytest.raises(nbm.FileError, match="parameters"):
            nbm.load(model)


def test_every_flipped_bit_is_noticed(model):
    whole = model.read_bytes()
    expected = nbm.load(model)
    generator = np.random.default_rng(1)
    for place in generator.integers(0, len(whole), 400):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(generator.integers(8))
        model.write_bytes(damaged)
        try:
            again = nbm.load(model)
        except nbm.FileError:
            continue
        # Only what says nothing may change: the key of the digest, which makes it an old file.
        np.testing.assert_array_equal(again.parameters, expected.parameters)
        assert again.box == expected.box
        assert again.info == expected.info
        assert place < whole.index(b"fnv1a64")


def test_functions_must_be_given_again(tmp_path):
    solution = make_solution(_core.Field.from_callable(level_set, "level_set"))
    path = tmp_path / "model.safetensors"
    solution.save(path)
    with pytest.raises(nbm.FileError, match="pass level_set"):
        nbm.load(path)
    again, points = nbm.load(path, level_set=level_set), some_points()
    np.testing.assert_array_equal(again(points), solution(points))


def write_raw(path, header, data, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)


def split(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def test_damaged_files_are_file_errors(model):
    header, data = split(model)
    whole = model.read_bytes()
    name = "plus.hidden.1.bias"

    def changed(**entry):
        return {**header, name: {**header[name], **entry}}

    cases = {
        "empty": lambda: model.write_bytes(b""),
        "half": lambda: model.write_bytes(whole[: len(whole) // 2]),
        "one byte less": lambda: model.write_bytes(whole[:-1]),
        "one byte more": lambda: model.write_bytes(whole + b"\0"),
        "other file": lambda: model.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
        "huge header": lambda: write_raw(model, header, data, length=2**62),
        "longer header than file": lambda: write_raw(model, header, data, length=len(whole) + 1),
        "no json": lambda: write_raw(model, b"{" * 2000, data),
        "deep json": lambda: write_raw(model, b"[" * 1_000_000, data),
        "float32": lambda: write_raw(model, changed(dtype="F32"), data),
        "shape": lambda: write_raw(model, changed(shape=[4]), data),
        "overlap": lambda: write_raw(model, changed(data_offsets=[0, 40]), data),
        "no metadata": lambda: write_raw(model, {k: v for k, v in header.items() if k != "__metadata__"}, data),
        "bad metadata": lambda: write_raw(model, {**header, "__metadata__": {"nbm": "{}"}}, data),
        "nan": lambda: write_raw(model, header, b"\xff" * 8 + data[8:]),
    }
    for case, damage in cases.items():
        damage()
        with pytest.raises(nbm.FileError) as caught:
            nbm.load(model)
        assert caught.value.path == str(model), case
    model.write_bytes(whole)
    nbm.load(model)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(nbm.FileError):
        nbm.load(tmp_path / "absent.safetensors")
    with pytest.raises(nbm.FileError):
        make_solution().save(tmp_path / "no" / "folder.safetensors")


def test_a_failed_write_keeps_the_old_file(model):
    before = model.read_bytes()
    solution = make_solution()
    solution.info = {"a": "x" * (17 << 20)}  # longer than a header may be
    with pytest.raises(nbm.InvalidArgument):
        solution.save(model)
    assert model.read_bytes() == before
    assert [file.name for file in model.parent.iterdir()] == [model.name]
