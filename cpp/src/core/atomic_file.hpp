#pragma once
#include <string>

#include "nbm/core/types.hpp"

namespace nbm {

// A file that appears under its name only when complete: written beside it, flushed to disk, then renamed.
// Without commit() nothing is left behind. Throws FileError with the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_, temporary_;
  int descriptor_ = -1;
};

}  // namespace nbm
