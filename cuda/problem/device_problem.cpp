#include "problem/device_problem.hpp"

#include <array>

namespace nbm::cuda {
namespace {

struct NamedField {
  const Field* field;
  const char* name;
};

// In the order of FieldId.
std::array<NamedField, kFieldIds> fields_of(const Problem& p) {
  const MediumNames &minus = names_of(Side::minus), &plus = names_of(Side::plus);
  return {{{&p.level_set, "level_set"},
           {&p.minus.k, minus.k},
           {&p.plus.k, plus.k},
           {&p.minus.mu, minus.mu},
           {&p.plus.mu, plus.mu},
           {&p.minus.f, minus.f},
           {&p.plus.f, plus.f},
           {&p.jump_u, "jump_u"},
           {&p.jump_flux, "jump_flux"},
           {&p.minus.boundary, minus.boundary},
           {&p.plus.boundary, plus.boundary}}};
}

}  // namespace

bool device_capable(const Problem& problem) {
  if (any_flux(problem.walls) || problem.has_interface_law()) return false;  // no kernel makes their rows
  for (const NamedField& named : fields_of(problem)) {
    if (!device_capable(*named.field)) return false;
  }
  return true;
}

DeviceProblem::DeviceProblem(const Problem& problem, cudaStream_t stream) : problem_(problem) {
  std::vector<DeviceField> fields;
  for (const NamedField& named : fields_of(problem_)) fields.emplace_back(*named.field, named.name, stream);
  fields_ = std::make_shared<const std::vector<DeviceField>>(std::move(fields));
  make_view(stream);
}

DeviceProblem::DeviceProblem(const DeviceProblem& same, cudaStream_t stream)
    : problem_(same.problem_), fields_(same.fields_) {
  make_view(stream);
}

void DeviceProblem::make_view(cudaStream_t stream) {
  ProblemView host;
  host.box = problem_.box;
  for (std::size_t i = 0; i < fields_->size(); ++i) host.field[i] = (*fields_)[i].view();
  fault_.resize(1);
  fault_.zero(stream);
  host.fault = fault_.data();
  view_.upload({&host, 1}, stream);
}

void DeviceProblem::check(cudaStream_t stream) {
  FieldFault fault{};
  fault_.download({&fault, 1}, stream);
  cuda::check(cudaStreamSynchronize(stream), "work on the GPU");
  if (fault.kind == FieldFault::none) return;
  fault_.zero(stream);
  throw error_of(fault, fields_of(problem_)[static_cast<std::size_t>(fault.field)].name);
}

}  // namespace nbm::cuda
