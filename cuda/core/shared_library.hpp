#pragma once
#include <dlfcn.h>

#include <string>

#include "nbm/core/error.hpp"

namespace nbm::cuda {

// A shared library that is looked for when it is needed, so that nbm loads without it, and then stays loaded to the end
// of the process.
class SharedLibrary {
 public:
  // lib<name>.so.<major>; `advice` goes into the error where it is not found.
  SharedLibrary(const char* name, int major, const char* advice) {
    const std::string file = std::string("lib") + name + ".so";
    handle_ = dlopen((file + "." + std::to_string(major)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw BackendUnavailable("cuda", file + " is not found: " + advice);
  }
  template <class Function>
  void find(const char* symbol, Function*& function) const {
    function = reinterpret_cast<Function*>(dlsym(handle_, symbol));
    if (function == nullptr) throw BackendUnavailable("cuda", std::string("the CUDA libraries lack ") + symbol + ".");
  }

 private:
  void* handle_;
};

}  // namespace nbm::cuda
