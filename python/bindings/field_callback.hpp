#pragma once
#include <string>

#include "bindings.hpp"
#include "nbm/problem/field.hpp"

namespace nbm::python {

// A field that asks a Python function: points (n, 3) float64 in, values (n,) float64 out. Any thread may evaluate it:
// it takes the GIL. What the function raises passes through; a result of another kind is InvalidArgument for `name`.
// The field holds the function weakly: it is the caller's, so that Python's garbage collector sees who refers to whom.
Field field_of_callable(const nb::object& function, std::string name);

}  // namespace nbm::python
