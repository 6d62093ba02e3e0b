#include "core/rank_failure.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

enum class Kind {
  foreign,
  error,
  invalid_argument,
  invalid_field,
  non_finite_loss,
  backend_unavailable,
  file_error,
  ranks_diverged,
};

// An error in a form that can be sent: `name` and `numbers` are the fields of its class.
struct Report {
  Kind kind = Kind::foreign;
  std::string text;
  std::string name;
  std::array<double, 4> numbers{};
};

// An error of another rank: its class and fields, and a text that says where it comes from.
template <class E>
class OfRank final : public E {
 public:
  OfRank(E error, std::string text) : E(std::move(error)), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

Report report_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const InvalidArgument& e) {
    return {Kind::invalid_argument, e.what(), e.name, {}};
  } catch (const InvalidField& e) {
    return {Kind::invalid_field, e.what(), e.field, {e.value, e.point.x, e.point.y, e.point.z}};
  } catch (const NonFiniteLoss& e) {
    return {Kind::non_finite_loss, e.what(), e.group, {static_cast<double>(e.step)}};
  } catch (const BackendUnavailable& e) {
    return {Kind::backend_unavailable, e.what(), e.backend, {}};
  } catch (const FileError& e) {
    return {Kind::file_error, e.what(), e.path, {}};
  } catch (const RanksDiverged& e) {
    return {Kind::ranks_diverged, e.what(), {}, {static_cast<double>(e.step), static_cast<double>(e.rank)}};
  } catch (const Error& e) {
    return {Kind::error, e.what(), {}, {}};
  } catch (const std::exception& e) {
    return {Kind::foreign, e.what(), {}, {}};
  } catch (...) {
    return {Kind::foreign, "an exception that is not a std::exception", {}, {}};
  }
}

void broadcast_text(const Communicator& communicator, std::string& text, int root) {
  std::array<double, 1> length = {static_cast<double>(text.size())};
  communicator.broadcast(length, root);
  text.resize(static_cast<std::size_t>(length[0]));
  communicator.broadcast(std::span<char>(text), root);
}

void broadcast_report(const Communicator& communicator, Report& report, int root) {
  std::array<double, 5> numbers = {static_cast<double>(report.kind), report.numbers[0], report.numbers[1],
                                   report.numbers[2], report.numbers[3]};
  communicator.broadcast(numbers, root);
  report.kind = static_cast<Kind>(static_cast<int>(numbers[0]));
  std::copy(numbers.begin() + 1, numbers.end(), report.numbers.begin());
  broadcast_text(communicator, report.text, root);
  broadcast_text(communicator, report.name, root);
}

[[noreturn]] void throw_report(const Report& report, int rank) {
  const std::string text = "rank " + std::to_string(rank) + ": " + report.text;
  const auto& n = report.numbers;
  switch (report.kind) {
    case Kind::invalid_argument: throw OfRank<InvalidArgument>({report.name, ""}, text);
    case Kind::invalid_field: throw OfRank<InvalidField>({report.name, n[0], {n[1], n[2], n[3]}, ""}, text);
    case Kind::non_finite_loss: throw OfRank<NonFiniteLoss>({static_cast<index_t>(n[0]), report.name, ""}, text);
    case Kind::backend_unavailable: throw OfRank<BackendUnavailable>({report.name, ""}, text);
    case Kind::file_error: throw OfRank<FileError>({report.name, ""}, text);
    case Kind::ranks_diverged: throw RanksDiverged(static_cast<index_t>(n[0]), static_cast<int>(n[1]), text);
    case Kind::error: throw Error(text);
    case Kind::foreign: break;
  }
  throw RankFailure(rank, text);
}

// Collective, once it is known that some rank failed.
[[noreturn]] void throw_everywhere(const Communicator& communicator, const std::exception_ptr& failure) {
  std::vector<double> failed(static_cast<std::size_t>(communicator.size()), 0.0);
  failed[static_cast<std::size_t>(communicator.rank())] = failure ? 1.0 : 0.0;
  communicator.sum(failed);
  const auto rank = static_cast<int>(std::find(failed.begin(), failed.end(), 1.0) - failed.begin());
  Report report;
  if (rank == communicator.rank()) report = report_of(failure);
  broadcast_report(communicator, report, rank);
  // The caller's own exception keeps its type, and in Python its traceback, where it was thrown.
  if (rank == communicator.rank() && report.kind == Kind::foreign) std::rethrow_exception(failure);
  throw_report(report, rank);
}

// Adds the number that says whether this rank failed.
void seal(std::vector<double>& message, const std::exception_ptr& failure) {
  if (failure) std::fill(message.begin(), message.end(), 0.0);
  message.push_back(failure ? 1.0 : 0.0);
}

void open(const Communicator& communicator, std::vector<double>& message, const std::exception_ptr& failure) {
  const double failures = message.back();
  message.pop_back();
  if (failures > 0) throw_everywhere(communicator, failure);
}

}  // namespace

void sum_over_ranks(const Communicator& communicator, std::vector<double>& message, std::exception_ptr failure) {
  if (communicator.size() == 1) {
    if (failure) std::rethrow_exception(failure);
    return;
  }
  seal(message, failure);
  communicator.sum(message);
  open(communicator, message, failure);
}

void start_sum_over_ranks(const Communicator& communicator, std::vector<double>& message,
                          const std::exception_ptr& failure) {
  seal(message, failure);
  communicator.start_sum(message);
}

void finish_sum_over_ranks(const Communicator& communicator, std::vector<double>& message,
                           const std::exception_ptr& failure) {
  communicator.finish_sum();
  open(communicator, message, failure);
}

void meet(const Communicator& communicator, std::exception_ptr failure) {
  std::vector<double> nothing;
  sum_over_ranks(communicator, nothing, std::move(failure));
}

}  // namespace nbm
