#include "core/shared_library.hpp"

#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "nbm/core/backend.hpp"

namespace nbm::cuda {
namespace {

namespace fs = std::filesystem;

// Set by search_packages_in().
struct PackageFolders {
  std::mutex mutex;
  std::vector<std::string> folders;
};
PackageFolders& package_folders() {
  static PackageFolders folders;
  return folders;
}

void add_toolkit(const fs::path& home, std::vector<std::string>& folders) {
  for (const char* part : {"lib64", "lib", "targets/x86_64-linux/lib"}) {
    std::error_code error;
    if (fs::is_directory(home / part, error)) folders.push_back(home / part);
  }
}

// nvidia/<package>/lib in the folder of a Python environment's packages.
void add_packages(const fs::path& site, std::vector<std::string>& folders) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator at(site / "nvidia", error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (fs::is_directory(at->path() / "lib", ignored)) found.push_back(at->path() / "lib");
  }
  std::sort(found.begin(), found.end());
  folders.insert(folders.end(), found.begin(), found.end());
}

void* open(const std::string& file) { return dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL); }

// What cuBLAS and cuSOLVER need themselves. The loader takes libraries that are loaded by their names; of packages that
// lie in folders of their own it would not know the places.
void open_needed(const std::vector<std::string>& folders) {
  for (const char* name :
       {"libcudart.so.", "libnvJitLink.so.", "libcublasLt.so.", "libcublas.so.", "libcusparse.so."}) {
    for (const std::string& folder : folders) {
      std::error_code error;
      for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().filename().string().starts_with(name)) static_cast<void>(open(at->path()));
      }
    }
  }
}

void* open_anywhere(const std::string& file) {
  if (void* handle = open(file)) return handle;
  const std::vector<std::string> folders = library_folders();
  for (const bool needed : {false, true}) {
    if (needed) open_needed(folders);
    for (const std::string& folder : folders) {
      if (void* handle = open(folder + "/" + file)) return handle;
    }
  }
  return nullptr;
}

std::string file_of(const char* name, int major) { return "lib" + std::string(name) + ".so." + std::to_string(major); }

}  // namespace

void search_packages_in(std::vector<std::string> folders) {
  PackageFolders& known = package_folders();
  const std::lock_guard lock(known.mutex);
  known.folders = std::move(folders);
}

std::vector<std::string> library_folders() {
  std::vector<std::string> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const char* home = std::getenv(variable);
    if (home != nullptr && *home != '\0') add_toolkit(home, folders);
  }
  {
    PackageFolders& known = package_folders();
    const std::lock_guard lock(known.mutex);
    for (const std::string& site : known.folders) add_packages(site, folders);
  }
  add_toolkit("/usr/local/cuda", folders);
  return folders;
}

SharedLibrary::SharedLibrary(const char* name, int major, const char* advice)
    : handle_(open_anywhere(file_of(name, major))) {
  if (handle_ == nullptr) throw BackendUnavailable("cuda", file_of(name, major) + " is not found: " + advice);
}

std::string SharedLibrary::path() const {
  link_map* map = nullptr;
  return dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr ? map->l_name : "";
}

std::string library_path(const char* name, int major) noexcept {
  try {
    return SharedLibrary(name, major, "").path();
  } catch (...) {
    return {};
  }
}

}  // namespace nbm::cuda
