#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>

#include "gil.hpp"
#include "gpu_array.hpp"
#include "nbm/core/error.hpp"

namespace nbm::python {
namespace {

using Shape = std::vector<std::int64_t>;
using Tensor = nb::ndarray<nb::ro>;

nb::dlpack::dtype dtype_of(const std::string& name) {
  if (name == "float32") return nb::dtype<float>();
  if (name == "float64") return nb::dtype<double>();
  if (name == "int8") return nb::dtype<std::int8_t>();
  throw InvalidArgument("dtype", "expected float32, float64 or int8, got " + name);
}

std::string name_of(nb::dlpack::dtype type) {
  static const std::vector<std::string> kinds = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
  const std::string kind = type.code < kinds.size() ? kinds[type.code] : "type " + std::to_string(type.code) + " of ";
  return kind == "bool" ? kind : kind + std::to_string(type.bits);
}

Shape c_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * std::max<std::int64_t>(shape[i - 1], 1);
  return strides;
}

// For work on `stream`.
GpuArray allocate(Shape shape, const std::string& dtype, const std::string& device, std::uintptr_t stream) {
  const std::int64_t count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const std::size_t bytes = static_cast<std::size_t>(count) * dtype_of(dtype).bits / 8;
  GpuArray array;
  array.device = Device::parse(device);
  auto memory = std::make_shared<DeviceMemory>(array.device, bytes, stream_of(stream));
  array.data = memory->data();
  array.strides = c_strides(shape);
  array.shape = std::move(shape);
  array.dtype = dtype;
  array.own = std::move(memory);
  return array;
}

// A DLPack capsule, which is taken over.
GpuArray from_dlpack(const nb::object& capsule, const std::string& argument, bool writable) {
  Tensor tensor;
  if (nb::ndarray<> changeable; writable && nb::try_cast(capsule, changeable)) {
    tensor = Tensor(changeable);
  } else if (writable || !nb::try_cast(capsule, tensor)) {
    throw InvalidArgument(argument, writable ? "got a read-only array, expected one that can be written"
                                             : "got something else than an array by DLPack");
  }
  const int kind = tensor.device_type();
  if (kind != nb::device::cuda::value && kind != nb::device::cuda_managed::value) {
    throw InvalidArgument(argument,
                          "got an array on a device of DLPack type " + std::to_string(kind) + ", expected a CUDA GPU");
  }
  GpuArray array;
  array.data = const_cast<void*>(static_cast<const void*>(tensor.data()));
  for (std::size_t i = 0; i < tensor.ndim(); ++i) {
    array.shape.push_back(static_cast<std::int64_t>(tensor.shape(i)));
    array.strides.push_back(tensor.stride(i));
  }
  array.dtype = name_of(tensor.dtype());
  array.device = Device::cuda(tensor.device_id());
  array.tensor = std::make_shared<const Tensor>(std::move(tensor));
  return array;
}

// What __cuda_array_interface__ says, strides in elements. The caller keeps the memory.
GpuArray from_pointer(std::uintptr_t pointer, Shape shape, const std::optional<Shape>& strides,
                      const std::string& dtype, const std::string& device_if_empty) {
  GpuArray array;
  array.data = reinterpret_cast<void*>(pointer);
  array.strides = strides ? *strides : c_strides(shape);
  array.shape = std::move(shape);
  array.dtype = dtype;
  array.device = pointer == 0 ? Device::parse(device_if_empty) : device_of(array.data);
  return array;
}

// A DLPack capsule that keeps the array alive.
nb::ndarray<> to_dlpack(nb::handle self) {
  const auto& array = nb::cast<const GpuArray&>(self);
  const std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
  return {array.data,
          shape.size(),
          shape.data(),
          self,
          array.strides.data(),
          dtype_of(array.dtype),
          nb::device::cuda::value,
          array.device.index};
}

// Of nbm's own memory, when the work on the stream is done.
void copy_to(const GpuArray& array, const nb::ndarray<nb::c_contig, nb::device::cpu>& host, std::uintptr_t stream) {
  if (array.own == nullptr || host.nbytes() != array.own->size()) {
    throw InvalidArgument("host", "has another size than the array, or the array is not nbm's own");
  }
  const GilReleased release;
  array.own->copy_to_host(host.data(), stream_of(stream));
}

}  // namespace

void bind_gpu_arrays(nb::module_& m) {
  nb::class_<GpuArray>(m, "GpuArray")
      .def_prop_ro("pointer", [](const GpuArray& a) { return reinterpret_cast<std::uintptr_t>(a.data); })
      .def_ro("shape", &GpuArray::shape)
      .def_ro("strides", &GpuArray::strides)
      .def_ro("dtype", &GpuArray::dtype)
      .def_prop_ro("device", [](const GpuArray& a) { return a.device.name(); })
      .def("to_dlpack", &to_dlpack)
      .def(
          "used_by",
          [](const GpuArray& a, std::uintptr_t stream) {
            if (a.own != nullptr) a.own->used_by(stream_of(stream));
          },
          nb::arg("stream"))
      .def("wait_at_end",
           [](const GpuArray& a) {
             if (a.own != nullptr) a.own->wait_at_end();
           })
      .def("copy_to", &copy_to, nb::arg("host"), nb::arg("stream"));
  m.def("gpu_array", &allocate, nb::arg("shape"), nb::arg("dtype"), nb::arg("device"), nb::arg("stream"));
  m.def("gpu_array_from_dlpack", &from_dlpack, nb::arg("capsule"), nb::arg("argument"), nb::arg("writable"));
  m.def("gpu_array_from_pointer", &from_pointer, nb::arg("pointer"), nb::arg("shape"), nb::arg("strides").none(),
        nb::arg("dtype"), nb::arg("device_if_empty"));
  m.def(
      "order_streams",
      [](const std::string& device, std::uintptr_t earlier, std::uintptr_t later) {
        order_streams(Device::parse(device), stream_of(earlier), stream_of(later));
      },
      nb::arg("device"), nb::arg("earlier"), nb::arg("later"));
  m.def(
      "wait_for_stream",
      [](const std::string& device, std::uintptr_t stream) {
        wait_for_stream(Device::parse(device), stream_of(stream));
      },
      nb::arg("device"), nb::arg("stream"), nb::call_guard<GilReleased>());
}

}  // namespace nbm::python
