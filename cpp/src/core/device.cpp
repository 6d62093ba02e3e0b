#include "nbm/core/device.hpp"

#include <charconv>

#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"

namespace nbm {

Device Device::automatic() { return cuda::device_count() > 0 ? Device::cuda(0) : Device::cpu(); }

Device Device::parse(const std::string& text) {
  if (text == "auto") return automatic();
  if (text == "cpu") return cpu();
  if (text == "cuda") return cuda(0);
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
