#pragma once
#include <string>

#include "core/json.hpp"
#include "nbm/core/tensor_file.hpp"
#include "nbm/network/expansion.hpp"
#include "nbm/problem/box.hpp"

// An expansion in a model file: what it is in the JSON document, its numbers in tensors "expansion...".
namespace nbm {

Json store_expansion(const Expansion& expansion, TensorFile& file);
// Throws FileError about `path`, or InvalidArgument, where anything is missing or does not fit.
Expansion restore_expansion(const Json& json, const std::string& path, TensorFile& file, const Box& box);

}  // namespace nbm
