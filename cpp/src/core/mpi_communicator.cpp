#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nbm/core/error.hpp"
#include "nbm/mpi.hpp"

#if defined(__linux__)
#include <sched.h>
#endif

namespace nbm {
namespace {

// Up to this many numbers of all ranks together a sum is one gather, which costs one latency; beyond it each rank adds
// up one part, which moves the fewest bytes. Both add in rank order: the choice does not change a bit.
constexpr std::size_t kGatherAtMost = 8192;
// Elements of one message: counts and displacements of MPI are int.
constexpr std::size_t kMostElements = std::size_t{1} << 28;

void check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(status, text.data(), &length);
  throw Error(std::string(call) + " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

template <class T>
MPI_Datatype type_of();
template <>
MPI_Datatype type_of<double>() {
  return MPI_DOUBLE;
}
template <>
MPI_Datatype type_of<index_t>() {
  return MPI_INT64_T;
}
template <>
MPI_Datatype type_of<char>() {
  return MPI_BYTE;
}

// The numbers of the cores that this process may use, as a bit mask.
std::vector<unsigned char> allowed_cores() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&set);
    return {bytes, bytes + sizeof set};
  }
#endif
  return std::vector<unsigned char>(128, 0xff);
}

struct PlaceOnNode {
  int local_rank = 0;
  int ranks_sharing_cores = 1;  // ranks of this node that may use a core that this process may use
};

// Collective.
PlaceOnNode find_place(MPI_Comm communicator) {
  MPI_Comm node = MPI_COMM_NULL;
  check(MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  PlaceOnNode place;
  int ranks = 1;
  check(MPI_Comm_rank(node, &place.local_rank), "MPI_Comm_rank");
  check(MPI_Comm_size(node, &ranks), "MPI_Comm_size");
  const std::vector<unsigned char> own = allowed_cores();
  const auto bytes = static_cast<int>(own.size());
  std::vector<unsigned char> all(own.size() * static_cast<std::size_t>(ranks));
  check(MPI_Allgather(own.data(), bytes, MPI_BYTE, all.data(), bytes, MPI_BYTE, node), "MPI_Allgather");
  check(MPI_Comm_free(&node), "MPI_Comm_free");
  int sharing = 0;
  for (std::size_t first = 0; first < all.size(); first += own.size()) {
    bool common = false;
    for (std::size_t i = 0; i < own.size(); ++i) common = common || (own[i] & all[first + i]) != 0;
    sharing += common;
  }
  place.ranks_sharing_cores = std::max(1, sharing);
  return place;
}

// How a sum of many numbers is shared among the ranks: each adds up one part.
struct Parts {
  std::vector<int> counts, starts;          // of the parts
  std::vector<int> own_counts, own_starts;  // of this rank's part, as it comes from every rank
  IndexRange own;

  Parts(std::size_t count, int rank, int ranks) : own(share_of(static_cast<index_t>(count), rank, ranks)) {
    for (int r = 0; r < ranks; ++r) {
      const IndexRange share = share_of(static_cast<index_t>(count), r, ranks);
      starts.push_back(static_cast<int>(share.begin));
      counts.push_back(static_cast<int>(share.size()));
      own_starts.push_back(static_cast<int>(own.size()) * r);
      own_counts.push_back(static_cast<int>(own.size()));
    }
  }
  std::size_t begin() const { return static_cast<std::size_t>(own.begin); }
  std::size_t size() const { return static_cast<std::size_t>(own.size()); }
};

class MpiCommunicator final : public CommunicatorBackend {
 public:
  explicit MpiCommunicator(MPI_Comm communicator) {
    check(MPI_Comm_dup(communicator, &communicator_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
    check(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
    place_ = find_place(communicator_);
  }

  ~MpiCommunicator() override {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!finalized) MPI_Comm_free(&communicator_);
  }
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return place_.local_rank; }
  int ranks_sharing_cores() const override { return place_.ranks_sharing_cores; }

  void sum(std::span<double> values) override { sum_in_rank_order(values, from_ranks_); }
  void sum(std::span<index_t> values) override {
    std::vector<index_t> from_ranks;
    sum_in_rank_order(values, from_ranks);
  }
  void start_sum(std::span<double> values) override;
  void finish_sum() override;
  void reserve(std::size_t count) override {
    if (size_ > 1) from_ranks_.reserve(std::max(kGatherAtMost, std::min(count, kMostElements) + ranks()));
  }
  void broadcast(std::span<double> values, int root) override { broadcast_any(values, root); }
  void broadcast(std::span<char> bytes, int root) override { broadcast_any(bytes, root); }

 private:
  // Calls `use` for consecutive pieces that MPI's int counts can hold.
  template <class T, class Use>
  static void in_pieces(std::span<T> values, Use use) {
    for (std::size_t first = 0; first < values.size(); first += kMostElements) {
      use(values.subspan(first, std::min(kMostElements, values.size() - first)));
    }
  }

  template <class T>
  void broadcast_any(std::span<T> values, int root) {
    if (size_ == 1) return;
    in_pieces(values, [&](std::span<T> piece) {
      check(MPI_Bcast(piece.data(), static_cast<int>(piece.size()), type_of<T>(), root, communicator_), "MPI_Bcast");
    });
  }

  std::size_t ranks() const { return static_cast<std::size_t>(size_); }
  bool gathers(std::size_t count) const { return count * ranks() <= kGatherAtMost; }

  template <class T>
  void sum_in_rank_order(std::span<T> values, std::vector<T>& from_ranks) {
    if (size_ == 1) return;
    in_pieces(values, [&](std::span<T> piece) {
      if (gathers(piece.size())) {
        sum_gathered(piece, from_ranks);
      } else {
        sum_by_parts(piece, from_ranks);
      }
    });
  }

  // from_ranks[rank][i], added over the ranks in their order into values[i].
  template <class T>
  void add_up(const std::vector<T>& from_ranks, std::span<T> values) const {
    std::copy_n(from_ranks.begin(), values.size(), values.begin());
    for (std::size_t rank = 1; rank < ranks(); ++rank) {
      const T* part = from_ranks.data() + rank * values.size();
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += part[i];
    }
  }

  // Every rank gets all numbers and adds them up itself.
  template <class T>
  void sum_gathered(std::span<T> values, std::vector<T>& from_ranks) {
    const auto count = static_cast<int>(values.size());
    from_ranks.resize(values.size() * ranks());
    check(MPI_Allgather(values.data(), count, type_of<T>(), from_ranks.data(), count, type_of<T>(), communicator_),
          "MPI_Allgather");
    add_up(from_ranks, values);
  }

  // Every rank adds up its part of the numbers and gives the result to all.
  template <class T>
  void sum_by_parts(std::span<T> values, std::vector<T>& from_ranks) {
    const Parts parts(values.size(), rank_, size_);
    from_ranks.resize(parts.size() * ranks());
    check(MPI_Alltoallv(values.data(), parts.counts.data(), parts.starts.data(), type_of<T>(), from_ranks.data(),
                        parts.own_counts.data(), parts.own_starts.data(), type_of<T>(), communicator_),
          "MPI_Alltoallv");
    share_sums(values, parts, from_ranks);
  }

  template <class T>
  void share_sums(std::span<T> values, const Parts& parts, const std::vector<T>& from_ranks) {
    add_up(from_ranks, values.subspan(parts.begin(), parts.size()));
    check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values.data(), parts.counts.data(), parts.starts.data(),
                         type_of<T>(), communicator_),
          "MPI_Allgatherv");
  }

  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  PlaceOnNode place_;
  std::vector<double> from_ranks_;  // what the ranks have sent
  // The sum under way.
  std::span<double> started_;
  std::optional<Parts> started_parts_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

// The first exchange of the sum is what other work can hide; MPI moves short messages without being called again.
void MpiCommunicator::start_sum(std::span<double> values) {
  started_ = {};
  if (size_ == 1) return;
  if (values.size() > kMostElements) return sum(values);
  started_ = values;
  if (gathers(values.size())) {
    const auto count = static_cast<int>(values.size());
    started_parts_.reset();
    from_ranks_.resize(values.size() * ranks());
    check(MPI_Iallgather(values.data(), count, MPI_DOUBLE, from_ranks_.data(), count, MPI_DOUBLE, communicator_,
                         &request_),
          "MPI_Iallgather");
    return;
  }
  const Parts& parts = started_parts_.emplace(values.size(), rank_, size_);
  from_ranks_.resize(parts.size() * ranks());
  check(MPI_Ialltoallv(values.data(), parts.counts.data(), parts.starts.data(), MPI_DOUBLE, from_ranks_.data(),
                       parts.own_counts.data(), parts.own_starts.data(), MPI_DOUBLE, communicator_, &request_),
        "MPI_Ialltoallv");
}

void MpiCommunicator::finish_sum() {
  if (started_.empty()) return;
  const std::span<double> values = std::exchange(started_, {});
  check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");
  if (started_parts_) {
    share_sums(values, *started_parts_, from_ranks_);
  } else {
    add_up(from_ranks_, values);
  }
}

}  // namespace

Communicator make_communicator(MPI_Comm communicator) {
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (!initialized) throw InvalidArgument("communicator", "MPI is not initialized: call MPI_Init before");
  if (communicator == MPI_COMM_NULL) throw InvalidArgument("communicator", "is MPI_COMM_NULL");
  return Communicator(std::make_shared<MpiCommunicator>(communicator));
}

}  // namespace nbm
