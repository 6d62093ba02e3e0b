#include "nbm/core/device.hpp"

#include <charconv>

#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"

namespace nbm {

Device Device::automatic(int local_rank) {
  const int devices = cuda::device_count();
  return devices > 0 ? cuda_of_rank(local_rank, devices) : cpu();
}

Device Device::parse(const std::string& text, int local_rank) {
  if (text == "auto") return automatic(local_rank);
  if (text == "cpu") return cpu();
  if (text == "cuda") return cuda_of_rank(local_rank, cuda::device_count());
  if (text.starts_with("cuda:")) {
    int index = -1;
    const char* last = text.data() + text.size();
    const auto [end, status] = std::from_chars(text.data() + 5, last, index);
    if (status == std::errc() && end == last && index >= 0) return cuda(index);
  }
  throw InvalidArgument("device", "expected 'auto', 'cpu', 'cuda' or 'cuda:<index>', got '" + text + "'");
}

std::string Device::name() const { return kind == Kind::cpu ? "cpu" : "cuda:" + std::to_string(index); }

}  // namespace nbm
