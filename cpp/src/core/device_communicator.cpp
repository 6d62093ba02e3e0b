#include "core/device_communicator.hpp"

#include <array>
#include <memory>

#include "core/nccl.hpp"
#include "core/rank_failure.hpp"

namespace nbm {
namespace {

bool on_all(const Communicator& ranks, bool here) {
  std::array<double, 1> count = {here ? 1.0 : 0.0};
  ranks.sum(count);
  return count[0] == static_cast<double>(ranks.size());
}

}  // namespace

Communicator device_communicator(const Communicator& ranks, Device device) {
  if (ranks.size() == 1) return ranks;
  if (!on_all(ranks, device.kind == Device::Kind::cuda && cuda::nccl_available())) return ranks;
  cuda::NcclId id{};
  meet(ranks, attempt([&] {
         if (ranks.rank() == 0) id = cuda::make_nccl_id();
       }));
  ranks.broadcast(std::span<char>(id), 0);
  std::shared_ptr<CommunicatorBackend> between_gpus;
  const auto failure = attempt([&] { between_gpus = cuda::make_nccl_ranks(ranks, device.index, id); });
  return on_all(ranks, !failure) ? Communicator(between_gpus) : ranks;
}

}  // namespace nbm
