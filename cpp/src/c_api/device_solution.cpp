#include "c_api/handles.hpp"

using nbm::c_api::either;
using nbm::c_api::guarded;
using nbm::c_api::require_given;

namespace {

template <class T>
void evaluate(const nbm_device_solution* device_solution, const nbm::DevicePoints<T>& points,
              const nbm::DeviceOutputs<T>& outputs, int32_t precision, void* stream) {
  require_given(device_solution, "device_solution");
  if (points.size > 0) {
    require_given(points.x, "x");
    require_given(points.y, "y");
    require_given(points.z, "z");
    require_given(outputs.values, "values");
  }
  device_solution->solution.evaluate(points, outputs, nbm::Branch::own,
                                     either(precision, nbm::Precision::float64, nbm::Precision::float32, "precision"),
                                     stream);
}

template <class T>
nbm::DeviceOutputs<T> gradient_outputs(T* values, T* x, T* y, T* z) {
  require_given(x, "gradient_x");
  require_given(y, "gradient_y");
  require_given(z, "gradient_z");
  return {.values = values, .gradient = {x, y, z}};
}

}  // namespace

nbm_status nbm_device_solution_create(const nbm_solution* solution, const char* device,
                                      nbm_device_solution** device_solution) {
  return guarded([&] {
    require_given(solution, "solution");
    require_given(device, "device");
    require_given(device_solution, "device_solution");
    *device_solution = new nbm_device_solution{nbm::DeviceSolution(solution->solution, nbm::Device::parse(device))};
  });
}

void nbm_device_solution_destroy(nbm_device_solution* device_solution) { delete device_solution; }

nbm_status nbm_device_solution_evaluate(const nbm_device_solution* device_solution, int64_t count, const double* x,
                                        const double* y, const double* z, int32_t precision, void* stream,
                                        double* values) {
  return guarded([&] {
    evaluate<double>(device_solution, {.x = x, .y = y, .z = z, .size = count}, {.values = values}, precision, stream);
  });
}

nbm_status nbm_device_solution_evaluate_gradient(const nbm_device_solution* device_solution, int64_t count,
                                                 const double* x, const double* y, const double* z, int32_t precision,
                                                 void* stream, double* values, double* gradient_x, double* gradient_y,
                                                 double* gradient_z) {
  return guarded([&] {
    evaluate<double>(device_solution, {.x = x, .y = y, .z = z, .size = count},
                     gradient_outputs(values, gradient_x, gradient_y, gradient_z), precision, stream);
  });
}

nbm_status nbm_device_solution_evaluate_float(const nbm_device_solution* device_solution, int64_t count, const float* x,
                                              const float* y, const float* z, int32_t precision, void* stream,
                                              float* values) {
  return guarded([&] {
    evaluate<float>(device_solution, {.x = x, .y = y, .z = z, .size = count}, {.values = values}, precision, stream);
  });
}

nbm_status nbm_device_solution_evaluate_gradient_float(const nbm_device_solution* device_solution, int64_t count,
                                                       const float* x, const float* y, const float* z,
                                                       int32_t precision, void* stream, float* values,
                                                       float* gradient_x, float* gradient_y, float* gradient_z) {
  return guarded([&] {
    evaluate<float>(device_solution, {.x = x, .y = y, .z = z, .size = count},
                    gradient_outputs(values, gradient_x, gradient_y, gradient_z), precision, stream);
  });
}
