#pragma once
#include <dlfcn.h>

#include <string>
#include <vector>

#include "nbm/core/error.hpp"

namespace nbm::cuda {

// Where libraries of CUDA are looked for behind the loader's own places: the toolkit that CUDA_HOME or CUDA_PATH name,
// NVIDIA's packages in the folders of Python packages (nvidia/cu13/lib, or nvidia/cublas/lib in older ones), and
// /usr/local/cuda.
std::vector<std::string> library_folders();

// A shared library that is looked for when it is needed, so that nbm loads without it, and then stays loaded to the end
// of the process.
class SharedLibrary {
 public:
  // lib<name>.so.<major>. Throws BackendUnavailable; `advice` goes into the error where it is not found.
  SharedLibrary(const char* name, int major, const char* advice);

  template <class Function>
  void find(const char* symbol, Function*& function) const {
    function = reinterpret_cast<Function*>(dlsym(handle_, symbol));
    if (function == nullptr) throw BackendUnavailable("cuda", std::string("the CUDA libraries lack ") + symbol + ".");
  }
  // The file that was loaded.
  std::string path() const;

 private:
  void* handle_ = nullptr;
};

// The file that would be loaded, or nothing. Never throws.
std::string library_path(const char* name, int major) noexcept;

}  // namespace nbm::cuda
