#pragma once
#include <map>
#include <string>
#include <vector>

#include "nbm/core/types.hpp"

namespace nbm {

// A float64 array of any rank, row-major.
struct NBM_EXPORT Tensor {
  std::vector<index_t> shape;
  std::vector<double> values;  // as many as the product of the shape

  static Tensor vector(std::vector<double> values);
  friend bool operator==(const Tensor&, const Tensor&) = default;
};

// A safetensors file with float64 tensors and text metadata: what model files and checkpoints are made of.
// Layout: header length (u64, little endian), JSON header, raw data. Other programs read it with the `safetensors`
// libraries; nothing in it is ever executed. Written files carry a digest of everything else under the metadata key
// "digest", which read() checks and takes out; files without one are read as they are.
struct NBM_EXPORT TensorFile {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;

  // Throws FileError: no such file, truncated, a header longer than 16 MiB or than the file, malformed JSON, a data
  // type other than F64, shapes that contradict the byte ranges, ranges that overlap or leave gaps, a digest that is
  // not that of the contents.
  static TensorFile read(const std::string& path);
  // Writes a temporary file beside `path`, flushes it to disk and renames it, so that `path` is at any time the old
  // file or the new one. Throws FileError; InvalidArgument for a tensor whose shape and values disagree.
  void write(const std::string& path) const;

  // The tensor called `name` with this shape, moved out; FileError about `path` when it is missing or shaped otherwise.
  Tensor take(const std::string& path, const std::string& name, const std::vector<index_t>& shape);

  friend bool operator==(const TensorFile&, const TensorFile&) = default;
};

}  // namespace nbm
