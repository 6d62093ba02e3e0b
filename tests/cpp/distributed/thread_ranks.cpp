#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "test_communicator.hpp"

// Ranks that are threads: tests of many ranks without MPI, which ThreadSanitizer can watch.
namespace nbm::testing {
namespace {

// Where the ranks meet and leave their numbers.
struct Room {
  explicit Room(int n)
      : ranks(n), doubles(static_cast<std::size_t>(n)), integers(doubles.size()), bytes(doubles.size()) {}

  const int ranks;
  std::mutex mutex;
  std::condition_variable all_here;
  int arrived = 0;
  std::uint64_t meeting = 0;
  std::vector<std::vector<double>> doubles;
  std::vector<std::vector<index_t>> integers;
  std::vector<std::vector<char>> bytes;

  // The number of the meeting that this rank takes part in.
  std::uint64_t arrive() {
    const std::lock_guard lock(mutex);
    const std::uint64_t number = meeting;
    if (++arrived == ranks) {
      arrived = 0;
      ++meeting;
      all_here.notify_all();
    }
    return number;
  }
  void wait(std::uint64_t number) {
    std::unique_lock lock(mutex);
    all_here.wait(lock, [&] { return meeting != number; });
  }
  void meet() { wait(arrive()); }
};

class ThreadRank final : public CommunicatorBackend {
 public:
  ThreadRank(Room& room, int rank) : room_(room), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return room_.ranks; }
  int local_rank() const override { return rank_; }
  int ranks_sharing_cores() const override { return room_.ranks; }

  void sum(std::span<double> values) override {
    start_sum(values);
    finish_sum();
  }
  void sum(std::span<index_t> values) override {
    leave(room_.integers, values);
    room_.meet();
    add_up(room_.integers, values);
  }
  void start_sum(std::span<double> values) override {
    started_ = values;
    leave(room_.doubles, values);
    meeting_ = room_.arrive();
  }
  void finish_sum() override {
    room_.wait(meeting_);
    add_up(room_.doubles, started_);
  }
  void broadcast(std::span<double> values, int root) override { take_from(room_.doubles, values, root); }
  void broadcast(std::span<char> values, int root) override { take_from(room_.bytes, values, root); }

 private:
  template <class T>
  void leave(std::vector<std::vector<T>>& places, std::span<T> values) {
    places[static_cast<std::size_t>(rank_)].assign(values.begin(), values.end());
  }
  // All ranks have left theirs; nobody changes them before all have read.
  template <class T>
  void add_up(const std::vector<std::vector<T>>& places, std::span<T> values) {
    std::copy(places[0].begin(), places[0].end(), values.begin());
    for (std::size_t rank = 1; rank < places.size(); ++rank) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += places[rank][i];
    }
    room_.meet();
  }
  template <class T>
  void take_from(std::vector<std::vector<T>>& places, std::span<T> values, int root) {
    leave(places, values);
    room_.meet();
    const auto& theirs = places[static_cast<std::size_t>(root)];
    std::copy(theirs.begin(), theirs.end(), values.begin());
    room_.meet();
  }

  Room& room_;
  int rank_;
  std::span<double> started_;
  std::uint64_t meeting_ = 0;
};

thread_local Communicator own_communicator;

}  // namespace

Communicator test_communicator() { return own_communicator; }

void on_ranks(const std::function<void()>& test) {
  const char* expected = std::getenv("NBM_TEST_RANKS");
  Room room(expected == nullptr ? 1 : std::atoi(expected));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < room.ranks; ++rank) {
    threads.emplace_back([&, rank] {
      own_communicator = Communicator(std::make_shared<ThreadRank>(room, rank));
      test();
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace nbm::testing
