#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/build_info.hpp"
#include "nbm/core/communicator.hpp"
#include "nbm/core/device.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/fma_peak.hpp"
#include "nbm/core/simd.hpp"
#include "nbm/core/thread_pool.hpp"

namespace nbm::python {
namespace {

// Python's exception classes live in nbm.errors; they are looked up when an error is translated.
nb::object python_error(const char* name) { return nb::module_::import_("nbm.errors").attr(name); }

void raise(const char* name, const nb::object& error) { PyErr_SetObject(python_error(name).ptr(), error.ptr()); }

void translate(const std::exception_ptr& pointer, void* /*payload*/) {
  try {
    std::rethrow_exception(pointer);
  } catch (const InvalidField& e) {
    raise("InvalidField",
          python_error("InvalidField")(e.what(), e.field, e.value, nb::make_tuple(e.point.x, e.point.y, e.point.z)));
  } catch (const InvalidArgument& e) {
    raise("InvalidArgument", python_error("InvalidArgument")(e.what(), e.name));
  } catch (const NonFiniteLoss& e) {
    raise("NonFiniteLoss", python_error("NonFiniteLoss")(e.what(), e.step, e.group));
  } catch (const BackendUnavailable& e) {
    raise("BackendUnavailable", python_error("BackendUnavailable")(e.what(), e.backend));
  } catch (const FileError& e) {
    raise("FileError", python_error("FileError")(e.what(), e.path));
  } catch (const RankFailure& e) {
    raise("RankFailure", python_error("RankFailure")(e.what(), e.rank));
  } catch (const RanksDiverged& e) {
    raise("RanksDiverged", python_error("RanksDiverged")(e.what(), e.step, e.rank));
  } catch (const Error& e) {
    raise("NbmError", python_error("NbmError")(e.what()));
  }
}

}  // namespace

void bind_core(nb::module_& m) {
  nb::register_exception_translator(translate);

  nb::class_<Communicator>(m, "Communicator")
      .def(nb::init<>())
      .def_prop_ro("rank", &Communicator::rank)
      .def_prop_ro("size", &Communicator::size)
      .def_prop_ro("ranks_sharing_cores", &Communicator::ranks_sharing_cores);
  nb::class_<BuildInfo>(m, "BuildInfo")
      .def_ro("version", &BuildInfo::version)
      .def_ro("compiler", &BuildInfo::compiler)
      .def_ro("build_type", &BuildInfo::build_type)
      .def_ro("cuda", &BuildInfo::cuda)
      .def_ro("cuda_emulated", &BuildInfo::cuda_emulated);
  m.def("build_info", &build_info);
  m.def("simd_level", [] { return to_string(simd_level()); });
  m.def(
      "measure_fma_peak",
      [](const std::string& precision, int threads) {
        ThreadPool pool(threads);
        return measure_fma_peak(precision == "float32", pool);
      },
      nb::call_guard<GilReleased>());
  m.def("available_cores", &ThreadPool::available_cores);
  m.def("cuda_device_count", &cuda::device_count);
  nb::class_<cuda::CudaLibrary>(m, "CudaLibrary")
      .def_ro("name", &cuda::CudaLibrary::name)
      .def_ro("path", &cuda::CudaLibrary::path);
  m.def("cuda_libraries", &cuda::libraries, nb::call_guard<GilReleased>());
  std::vector<std::string> folders;
  for (const nb::handle folder : nb::list(nb::module_::import_("sys").attr("path"))) {
    if (nb::isinstance<nb::str>(folder)) folders.push_back(nb::cast<std::string>(folder));
  }
  cuda::search_packages_in(std::move(folders));
  m.def("resolve_device", [](const std::string& text) { return Device::parse(text).name(); });
}

}  // namespace nbm::python
