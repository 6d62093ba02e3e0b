#pragma once
#include "core/device_buffer.hpp"
#include "nbm/core/error.hpp"
#include "nbm/problem/field.hpp"
#include "problem/field_view.hpp"

namespace nbm::cuda {

// Whether a kernel can evaluate the field: not a host callback, nor an expression of more than kMostRegisters.
bool device_capable(const Field& field);

// A field in device memory.
class DeviceField {
 public:
  // Throws InvalidArgument, naming the field, unless device_capable(field).
  DeviceField(const Field& field, const char* name, cudaStream_t stream);

  const FieldView& view() const { return view_; }

 private:
  FieldView view_;
  DeviceBuffer<TapeInstruction> instructions_;
  DeviceBuffer<double> numbers_;
};

// What the reported value of the named field means to the user.
InvalidField error_of(const FieldFault& fault, const char* name);

}  // namespace nbm::cuda
