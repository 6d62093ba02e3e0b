#pragma once
#include <string>

#include "core/json.hpp"
#include "nbm/core/tensor_file.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"

namespace nbm {

// A field as part of a file: a JSON description, and for a grid its values as the tensor called `name`.
// A host function leaves only {"kind": "callback"}.
Json store_field(const Field& field, const std::string& name, TensorFile& file);

// The field again, bit for bit. Throws InvalidArgument about a description that makes no field, and for a host
// function, which no file can hold.
Field restore_field(const Json& json, const std::string& name, TensorFile& file);

Json store_box(const Box& box);
Box restore_box(const Json& json);

}  // namespace nbm
