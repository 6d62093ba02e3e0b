// Where libraries of CUDA are found: with one that needs another, as cuSOLVER needs cuBLAS (tests/cuda/libraries).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/shared_library.hpp"
#include "nbm/core/backend.hpp"
#include "temporary_file.hpp"

namespace {

namespace fs = std::filesystem;
using nbm::cuda::SharedLibrary;

constexpr const char* kNeeded = "libcublasLt.so.0";
constexpr const char* kNeeds = "libnbm_test_needs.so";

// A folder for a test that goes with it.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(nbm::testing::temporary_file(name)) { fs::remove_all(path_); }
  ~Folder() {
    nbm::cuda::search_packages_in({});
    unsetenv("CUDA_HOME");
    fs::remove_all(path_);
  }
  // A copy of a library that lies beside this program, in a folder below this one.
  void put(const char* library, const std::string& folder, const std::string& name) const {
    const fs::path from = fs::read_symlink("/proc/self/exe").parent_path() / "libraries" / library;
    fs::create_directories(path_ / folder);
    fs::copy_file(from, path_ / folder / name);
  }
  fs::path operator/(const std::string& part) const { return path_ / part; }
  std::string string() const { return path_.string(); }

 private:
  fs::path path_;
};

int answer_of(const SharedLibrary& library) {
  int (*function)() = nullptr;
  library.find("nbm_test_needs", function);
  return function();
}

TEST(CudaLibraries, AreFoundInThePackagesOfPython) {
  const Folder site("site-new");
  site.put(kNeeded, "nvidia/cu13/lib", kNeeded);
  site.put(kNeeds, "nvidia/cu13/lib", "libnbm_new.so.7");
  EXPECT_THROW(SharedLibrary("nbm_new", 7, "get it."), nbm::BackendUnavailable);
  nbm::cuda::search_packages_in({"/nowhere", site.string()});
  const SharedLibrary library("nbm_new", 7, "get it.");
  EXPECT_EQ(library.path(), site / "nvidia/cu13/lib/libnbm_new.so.7");
  EXPECT_EQ(answer_of(library), 42);
  EXPECT_EQ(nbm::cuda::library_path("nbm_new", 7), library.path());
  EXPECT_EQ(nbm::cuda::library_path("nbm_new", 8), "");
  void (*function)() = nullptr;
  EXPECT_THROW(library.find("nbm_no_such_function", function), nbm::BackendUnavailable);
}

// Older packages have folders of their own, so that what a library needs lies elsewhere.
TEST(CudaLibraries, AreFoundWithWhatTheyNeed) {
  const Folder site("site-old");
  site.put(kNeeded, "nvidia/cublas/lib", kNeeded);
  site.put(kNeeds, "nvidia/cusolver/lib", "libnbm_old.so.7");
  nbm::cuda::search_packages_in({site.string()});
  EXPECT_EQ(answer_of(SharedLibrary("nbm_old", 7, "get it.")), 42);
}

TEST(CudaLibraries, AreFoundInTheToolkitThatIsNamed) {
  const Folder home("toolkit");
  home.put(kNeeded, "lib64", kNeeded);
  home.put(kNeeds, "lib64", "libnbm_toolkit.so.7");
  setenv("CUDA_HOME", home.string().c_str(), 1);
  EXPECT_EQ(nbm::cuda::library_folders().front(), home / "lib64");
  EXPECT_EQ(answer_of(SharedLibrary("nbm_toolkit", 7, "get it.")), 42);
}

TEST(CudaLibraries, ThatAreMissingAreNamedWithAdvice) {
  try {
    SharedLibrary("nbm_missing", 3, "install it.");
    FAIL() << "found";
  } catch (const nbm::BackendUnavailable& error) {
    EXPECT_NE(std::string(error.what()).find("libnbm_missing.so.3 is not found: install it."), std::string::npos);
  }
}

}  // namespace
