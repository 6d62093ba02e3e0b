// What a simulation code does with nbm: it brings its own threads and device, and catches typed errors.
#include <atomic>
#include <cstdio>

#include "nbm/core/build_info.hpp"
#include "nbm/core/device.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/thread_pool.hpp"

int main() {
  nbm::ThreadPool pool(2);
  std::atomic<int> done = 0;
  pool.run(100, [&](nbm::index_t) { ++done; });

  bool caught = false;
  try {
    nbm::Device::parse("abacus");
  } catch (const nbm::InvalidArgument& error) {
    caught = error.name == "device";
  }

  const nbm::BuildInfo info = nbm::build_info();
  std::printf("nbm %s (%s), device %s: %d tasks done\n", info.version.c_str(), info.compiler.c_str(),
              nbm::Device::automatic().name().c_str(), done.load());
  return done == 100 && caught ? 0 : 1;
}
