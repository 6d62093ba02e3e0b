#include <algorithm>
#include <array>
#include <limits>
#include <string>
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

// How many ranks of this node may use a core that this process may use. Collective.
int count_ranks_sharing_cores(MPI_Comm communicator) {
  MPI_Comm node = MPI_COMM_NULL;
  check(MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node), "MPI_Comm_split_type");
  int ranks = 1;
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
  return std::max(1, sharing);
}

class MpiCommunicator final : public CommunicatorBackend {
 public:
  explicit MpiCommunicator(MPI_Comm communicator) {
    check(MPI_Comm_dup(communicator, &communicator_), "MPI_Comm_dup");
    MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN);
    check(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
    ranks_sharing_cores_ = count_ranks_sharing_cores(communicator_);
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
  int ranks_sharing_cores() const override { return ranks_sharing_cores_; }

  void sum(std::span<double> values) override { sum_in_rank_order(values); }
  void sum(std::span<index_t> values) override { sum_in_rank_order(values); }
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

  template <class T>
  void sum_in_rank_order(std::span<T> values) {
    if (size_ == 1) return;
    const auto ranks = static_cast<std::size_t>(size_);
    in_pieces(values, [&](std::span<T> piece) {
      if (piece.size() * ranks <= kGatherAtMost) {
        sum_gathered(piece);
      } else {
        sum_by_parts(piece);
      }
    });
  }

  // parts[rank][i], added over the ranks in their order into values[i].
  template <class T>
  void add_parts(const std::vector<T>& parts, std::span<T> values) const {
    std::copy_n(parts.begin(), values.size(), values.begin());
    for (std::size_t rank = 1; rank < static_cast<std::size_t>(size_); ++rank) {
      const T* part = parts.data() + rank * values.size();
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += part[i];
    }
  }

  // Every rank gets all numbers and adds them up itself.
  template <class T>
  void sum_gathered(std::span<T> values) {
    const auto count = static_cast<int>(values.size());
    std::vector<T> parts(values.size() * static_cast<std::size_t>(size_));
    check(MPI_Allgather(values.data(), count, type_of<T>(), parts.data(), count, type_of<T>(), communicator_),
          "MPI_Allgather");
    add_parts(parts, values);
  }

  // Every rank adds up its share of the numbers and gives the result to all.
  template <class T>
  void sum_by_parts(std::span<T> values) {
    const auto ranks = static_cast<std::size_t>(size_);
    const auto count = static_cast<index_t>(values.size());
    std::vector<int> counts(ranks), starts(ranks), own_counts(ranks), own_starts(ranks);
    const IndexRange own = share_of(count, rank_, size_);
    for (std::size_t r = 0; r < ranks; ++r) {
      const IndexRange share = share_of(count, static_cast<int>(r), size_);
      starts[r] = static_cast<int>(share.begin);
      counts[r] = static_cast<int>(share.size());
      own_starts[r] = static_cast<int>(own.size()) * static_cast<int>(r);
      own_counts[r] = static_cast<int>(own.size());
    }
    std::vector<T> parts(static_cast<std::size_t>(own.size()) * ranks);
    check(MPI_Alltoallv(values.data(), counts.data(), starts.data(), type_of<T>(), parts.data(), own_counts.data(),
                        own_starts.data(), type_of<T>(), communicator_),
          "MPI_Alltoallv");
    add_parts(parts, values.subspan(static_cast<std::size_t>(own.begin), static_cast<std::size_t>(own.size())));
    check(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values.data(), counts.data(), starts.data(), type_of<T>(),
                         communicator_),
          "MPI_Allgatherv");
  }

  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  int ranks_sharing_cores_ = 1;
};

}  // namespace

Communicator make_communicator(MPI_Comm communicator) {
  int initialized = 0;
  MPI_Initialized(&initialized);
  if (!initialized) throw InvalidArgument("communicator", "MPI is not initialized: call MPI_Init before");
  if (communicator == MPI_COMM_NULL) throw InvalidArgument("communicator", "is MPI_COMM_NULL");
  return Communicator(std::make_shared<MpiCommunicator>(communicator));
}

}  // namespace nbm
