"""Arrays that claim to lie on a GPU, over NumPy memory: where the device is emulated, that is what they do."""

import ctypes

import numpy as np

CUDA, CUDA_MANAGED = 2, 13


class CudaInterface:
    """What Numba has: the CUDA array interface alone."""

    def __init__(self, array, *, stream=None, read_only=False):
        self.array = array
        self.__cuda_array_interface__ = {
            "shape": array.shape,
            "typestr": array.dtype.str,
            "data": (array.ctypes.data if array.size else 0, read_only),
            "strides": None if array.flags.c_contiguous else array.strides,
            "stream": stream,
            "version": 3,
        }


class Dlpack:
    """What JAX has: DLPack alone. ``streams``: those for which the array was asked."""

    def __init__(self, array, *, device=(CUDA, 0)):
        self.array = array
        self.device = device
        self.streams = []

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *, stream=None):
        self.streams.append(stream)
        return capsule_of(self.array, self.device)


class Tensor(Dlpack):
    """What CuPy has: DLPack, and its current stream by the CUDA array interface."""

    def __init__(self, array, *, stream):
        super().__init__(array)
        self.__cuda_array_interface__ = CudaInterface(array, stream=stream).__cuda_array_interface__


class _Device(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int32), ("index", ctypes.c_int32))


class _DataType(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Managed(ctypes.Structure):
    pass


_DELETER = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Managed))
_Managed._fields_ = (("tensor", _Tensor), ("context", ctypes.c_void_p), ("deleter", _DELETER))
_CODES = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
_NAME = b"dltensor"

exported = {}  # what lives until its consumer deletes it, by address


def _delete(managed):
    del exported[ctypes.addressof(managed.contents)]


_delete_function = _DELETER(_delete)


def capsule_of(array, device):
    """Return a DLPack capsule of ``array`` as one on ``device``, from the definition of the format."""
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    strides = (ctypes.c_int64 * array.ndim)(*(step // array.itemsize for step in array.strides))
    managed = _Managed(
        _Tensor(
            array.ctypes.data,
            _Device(*device),
            array.ndim,
            _DataType(_CODES[array.dtype.kind], 8 * array.itemsize, 1),
            shape,
            strides,
            0,
        ),
        None,
        _delete_function,
    )
    exported[ctypes.addressof(managed)] = (managed, shape, strides, array)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return new(ctypes.addressof(managed), _NAME, None)


def read_capsule(capsule):
    """Return device (type, index) and a copy of the contents of a DLPack capsule that nbm made."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    tensor = _Managed.from_address(pointer(capsule, _NAME)).tensor
    kind = next(letter for letter, code in _CODES.items() if code == tensor.dtype.code)
    dtype = np.dtype(f"{kind}{tensor.dtype.bits // 8}")
    shape = tensor.shape[: tensor.ndim]
    flat = (ctypes.c_char * (int(np.prod(shape)) * dtype.itemsize)).from_address(tensor.data + tensor.byte_offset)
    return (tensor.device.kind, tensor.device.index), np.frombuffer(flat, dtype=dtype).reshape(shape).copy()
