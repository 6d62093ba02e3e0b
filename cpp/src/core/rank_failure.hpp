#pragma once
#include <exception>
#include <vector>

#include "nbm/core/communicator.hpp"

// Errors among ranks. A rank that throws between two collective calls would leave the others waiting forever, so it
// keeps its error until the next message, which says that there is one; then every rank throws it.
namespace nbm {

// Runs `work` and keeps what it throws.
template <class Work>
std::exception_ptr attempt(Work&& work) {
  try {
    work();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

// Sums `message` over the ranks, unless one of them comes with a failure: then every rank throws that of the lowest
// such rank, its text led by "rank k: ". The message needs capacity for one number more; its values are not used where
// this rank failed. On a single rank: rethrows the failure as it is.
void sum_over_ranks(const Communicator& communicator, std::vector<double>& message, std::exception_ptr failure);

// The same in two calls, between which the message is under way and must not be touched: the error is thrown by the
// second, on every rank. What is done between them must not throw.
void start_sum_over_ranks(const Communicator& communicator, std::vector<double>& message,
                          const std::exception_ptr& failure);
void finish_sum_over_ranks(const Communicator& communicator, std::vector<double>& message,
                           const std::exception_ptr& failure);

// The same without a message.
void meet(const Communicator& communicator, std::exception_ptr failure);

}  // namespace nbm
