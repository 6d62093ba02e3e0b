// The fibers. Always compiled without sanitizers; NBM_FIBERS_ASAN or NBM_FIBERS_TSAN make it tell the sanitizer about
// switches. Under ThreadSanitizer every CUDA thread is a fiber of its own and switches do not synchronise, only
// __syncthreads and warp operations do: a missing barrier is reported as a data race, within and between blocks.
#include "cuda_on_cpu/cuda_on_cpu.hpp"

#include <sys/mman.h>

#include <memory>
#include <string>
#include <thread>
#ifdef NBM_FIBERS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef NBM_FIBERS_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace cuda_on_cpu {

__thread Place* current = nullptr;

namespace {

void release([[maybe_unused]] void* p) {
#ifdef NBM_FIBERS_TSAN
  __tsan_release(p);
#endif
}
void acquire([[maybe_unused]] void* p) {
#ifdef NBM_FIBERS_TSAN
  __tsan_acquire(p);
#endif
}

enum class State : unsigned char { ready, at_warp, at_block, done };

#if defined(NBM_FIBERS_ASAN) || defined(NBM_FIBERS_TSAN)
constexpr std::size_t kStack = 256 << 10;
#else
constexpr std::size_t kStack = 64 << 10;
#endif
constexpr std::size_t kPage = 4096;
constexpr unsigned kMostThreads = 1024, kLanes = 32;

struct Fiber {
  void* stack_pointer = nullptr;
  char* stack = nullptr;
  std::size_t bytes = 0;
  void* fake_stack = nullptr;  // AddressSanitizer's
  void* tsan = nullptr;
};

struct Thread : Place {
  Fiber fiber;
  State state = State::done;
  int line = 0;  // of the barrier at which it waits
};

// Saves the registers that belong to the caller and changes stacks (x86-64, System V).
__attribute__((naked, noinline)) void switch_stack(void** /*from*/, void* /*to*/) {
  asm volatile(
      "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret\n");
}

char* map_pages(std::size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::runtime_error("cuda_on_cpu: no memory for the stacks of a block");
  return static_cast<char*>(p);
}

struct Launch {
  dim3 grid, block;
  std::size_t shared_bytes;
  void (*run)(void*);
  void* argument;
  char tag[2];  // what the sanitizer takes as the start and the end of the launch
};

// Runs blocks one after another; the stacks of its threads are kept.
class BlockRunner {
 public:
  static thread_local BlockRunner* self;

  ~BlockRunner() { unmap(); }

  // The error found, or nothing.
  std::string run(Launch& launch, uint3 index) {
    char* shared = launch.shared_bytes > 0 ? map_pages(launch.shared_bytes) : nullptr;
    BlockRunner* const before = self;
    Place* const place = current;
    self = this;
    launch_ = &launch;
    error_.clear();
    start(index, reinterpret_cast<unsigned char*>(shared));
    while (live_ > 0 && error_.empty()) {
      const bool progress = run_warps();
      if (live_ > 0) pass_barrier(progress, index);
    }
    end();
    self = before;
    current = place;
    if (shared != nullptr) munmap(shared, launch.shared_bytes);
    return error_;
  }

  void yield() { change(static_cast<Thread*>(current)->fiber, main_); }

  void wait_block(int line) {
    auto* thread = static_cast<Thread*>(current);
    thread->line = line;
    release(&barrier_);
    thread->state = State::at_block;
    yield();
    acquire(&barrier_);
  }

  Warp& wait_warp(unsigned mask, const void* value, unsigned size) {
    auto* thread = static_cast<Thread*>(current);
    Warp& warp = warps_[thread->linear / kLanes];
    const unsigned lane = thread->linear % kLanes;
    const unsigned lanes = std::min(kLanes, count_ - thread->linear / kLanes * kLanes);
    const unsigned all = lanes == kLanes ? ~0U : (1U << lanes) - 1;
    if ((mask >> lane & 1) == 0) throw std::runtime_error("cuda_on_cpu: a lane called a warp operation without itself");
    const int set = warp.set ^ 1;
    if (size > 0) std::memcpy(warp.slot[set][lane], value, size);
    warp.given[set] |= 1U << lane;
    warp.arrived |= 1U << lane;
    warp.needed |= mask & all;
    release(&warp);
    thread->state = State::at_warp;
    yield();
    acquire(&warp);
    return warp;
  }

 private:
  static void entry() {
    BlockRunner* const block = self;
#ifdef NBM_FIBERS_ASAN
    __sanitizer_finish_switch_fiber(nullptr, const_cast<const void**>(reinterpret_cast<void**>(&block->main_.stack)),
                                    &block->main_.bytes);
#endif
    for (;;) {  // the stack is used for block after block
      acquire(&block->launch_->tag[0]);
      block->launch_->run(block->launch_->argument);
      release(&block->launch_->tag[1]);
      static_cast<Thread*>(current)->state = State::done;
      block->yield();
    }
  }

  static void change(Fiber& from, Fiber& to) {
#ifdef NBM_FIBERS_ASAN
    __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.bytes);
#endif
#ifdef NBM_FIBERS_TSAN
    __tsan_switch_to_fiber(to.tsan, 1 /* does not synchronise */);
#endif
    switch_stack(&from.stack_pointer, to.stack_pointer);
#ifdef NBM_FIBERS_ASAN
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
  }

  // A thread at the top of its own stack, which has a guard page below.
  static Thread* make_thread() {
    char* stack = map_pages(kStack);
    mprotect(stack, kPage, PROT_NONE);
    constexpr std::size_t top = kStack - (sizeof(Thread) + 63) / 64 * 64;
    auto* thread = new (stack + top) Thread;
    thread->fiber.stack = stack;
    thread->fiber.bytes = top;
    auto** sp = reinterpret_cast<void**>(stack + top);
    *--sp = nullptr;
    *--sp = reinterpret_cast<void*>(&entry);  // the stack pointer is 8 modulo 16 at entry
    for (int saved = 0; saved < 6; ++saved) *--sp = nullptr;
    thread->fiber.stack_pointer = sp;
    return thread;
  }

  void start(uint3 index, unsigned char* shared) {
    const dim3 size = launch_->block;
    count_ = live_ = size.x * size.y * size.z;
    for (unsigned i = 0; i < count_; ++i) {
      if (threads_[i] == nullptr) threads_[i] = make_thread();
      Thread& thread = *threads_[i];
      static_cast<Place&>(thread) = {
          {i % size.x, i / size.x % size.y, i / size.x / size.y}, index, size, launch_->grid, i, shared};
      thread.state = State::ready;
#ifdef NBM_FIBERS_TSAN
      thread.fiber.tsan = __tsan_create_fiber(0);
#endif
    }
    for (Warp& warp : warps_) warp.arrived = warp.needed = warp.given[0] = warp.given[1] = 0;
#ifdef NBM_FIBERS_TSAN
    main_.tsan = __tsan_get_current_fiber();
#endif
  }

  // Runs every thread until it waits for the block or ends; stays in a warp while its lanes wait for each other only.
  bool run_warps() {
    bool progress = false;
    for (unsigned begin = 0; begin < count_; begin += kLanes) {
      const unsigned end = std::min(count_, begin + kLanes);
      Warp& warp = warps_[begin / kLanes];
      for (bool again = true; again;) {
        again = false;
        for (unsigned i = begin; i < end; ++i) {
          if (threads_[i]->state != State::ready) continue;
          current = threads_[i];
          change(main_, threads_[i]->fiber);
          progress = true;
          if (threads_[i]->state == State::done) --live_;
        }
        if (warp.needed != 0 && (warp.arrived & warp.needed) == warp.needed) {
          for (unsigned i = begin; i < end; ++i) {
            if ((warp.needed >> (i - begin) & 1) != 0) threads_[i]->state = State::ready;
          }
          warp.arrived = warp.needed = 0;
          warp.set ^= 1;
          warp.given[warp.set ^ 1] = 0;
          again = true;
        }
      }
    }
    return progress;
  }

  void pass_barrier(bool progress, uint3 index) {
    unsigned waiting = 0;
    int line = 0;
    for (unsigned i = 0; i < count_; ++i) {
      if (threads_[i]->state != State::at_block) continue;
      ++waiting;
      if (line != 0 && line != threads_[i]->line) {
        error_ = "threads of a block met at different __syncthreads(), lines " + std::to_string(line) + " and " +
                 std::to_string(threads_[i]->line);
      }
      line = threads_[i]->line;
    }
    if (waiting > 0 && waiting == live_) {
      for (unsigned i = 0; i < count_; ++i) {
        if (threads_[i]->state == State::at_block) threads_[i]->state = State::ready;
      }
    } else if (!progress) {
      error_ = "deadlock in block " + std::to_string(index.x) + ": " + std::to_string(waiting) + " of " +
               std::to_string(live_) + " threads wait at __syncthreads, the rest at a warp operation";
    }
  }

  void end() {
#ifdef NBM_FIBERS_TSAN
    for (unsigned i = 0; i < count_; ++i) __tsan_destroy_fiber(threads_[i]->fiber.tsan);
#endif
    if (!error_.empty()) unmap();  // stacks in the middle of a kernel are of no further use
  }

  void unmap() {
    for (Thread*& thread : threads_) {
      if (thread != nullptr) munmap(thread->fiber.stack, kStack);
      thread = nullptr;
    }
  }

  Thread* threads_[kMostThreads] = {};
  Warp warps_[kMostThreads / kLanes] = {};
  Fiber main_;
  Launch* launch_ = nullptr;
  unsigned count_ = 0, live_ = 0;
  char barrier_ = 0;
  std::string error_;
};

thread_local BlockRunner* BlockRunner::self = nullptr;

}  // namespace

void sync_threads(int line) { BlockRunner::self->wait_block(line); }

Warp& meet(unsigned mask, const void* value, unsigned size) { return BlockRunner::self->wait_warp(mask, value, size); }

void launch_raw(dim3 grid, dim3 block, std::size_t shared_bytes, void (*run)(void*), void* argument) {
  const std::size_t threads = std::size_t{block.x} * block.y * block.z;
  const std::size_t blocks = std::size_t{grid.x} * grid.y * grid.z;
  if (threads == 0 || threads > kMostThreads || blocks == 0 || grid.y > 65535 || grid.z > 65535) {
    throw std::runtime_error("cuda_on_cpu: CUDA refuses this launch configuration");
  }
  if (shared_bytes > 227 * 1024)
    throw std::runtime_error("cuda_on_cpu: no GPU has this much shared memory for a block");
  Launch launch{grid, block, shared_bytes, run, argument, {}};
  std::string error;
  for (std::size_t i = 0; i < blocks && error.empty(); ++i) {
    const uint3 index{static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                      static_cast<unsigned>(i / grid.x / grid.y)};
#ifdef NBM_FIBERS_TSAN
    // A fresh thread, with fresh __shared__ variables, and fresh fibers for each block.
    release(&launch.tag[0]);
    std::thread([&] { error = std::make_unique<BlockRunner>()->run(launch, index); }).join();
    acquire(&launch.tag[1]);
#else
    static thread_local const auto runner = std::make_unique<BlockRunner>();
    error = runner->run(launch, index);
#endif
  }
  if (!error.empty()) throw std::runtime_error("cuda_on_cpu: " + error);
}

}  // namespace cuda_on_cpu
