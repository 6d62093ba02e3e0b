#pragma once
#include <array>
#include <exception>
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/training/backend.hpp"

namespace nbm {

// What the rows of a step are made of.
struct Draw {
  index_t number = -1;  // negative: none
  Vec3<double> cell_size{};

  friend bool operator==(const Draw&, const Draw&) = default;
};

// The rows of the steps. On many ranks those of the next draw are made while the message of a step is under way, and
// how many they are travels with the message after that: such a draw costs no message of its own, and a rank that is
// late by less than the time of making rows keeps no other waiting. The rows are the same as without.
class RowSupply {
 public:
  // The draws of the two steps after this one.
  using Upcoming = std::array<Draw, 2>;
  // Numbers that `announce` adds to a message.
  static constexpr index_t kAnnounced = kMostGroups + 1;

  // `backend` and `communicator` must outlive this. ahead: whether to make rows ahead, the same on all ranks.
  RowSupply(TrainingBackend& backend, const Communicator& communicator, bool ahead);

  // Brings the rows of `draw` in place on all ranks. Collective. used_once: they are not needed any more once the
  // message of the step is under way.
  void provide(const Draw& draw, const Upcoming& upcoming, bool used_once);
  // The same for this rank alone, without a message: rows() are its own.
  void provide_alone(const Draw& draw);
  // How many are in place, of all ranks.
  const PerGroup<double>& rows() const { return in_place_.rows; }
  // The next step makes its rows itself. After an error, on all ranks.
  void forget() { in_place_ = next_ = Set(); }

  // Around the message of a step, on all ranks: what is added to it, what is done while it is under way (nothing is
  // thrown), and what is taken from it when it is back.
  void announce(std::vector<double>& message);
  void make_ahead();
  void read_announced(std::vector<double>& message);

 private:
  struct Set {
    Set() = default;
    explicit Set(const Draw& d) : draw(d) {}

    Draw draw;
    bool made = false;           // on this rank
    std::exception_ptr failure;  // why it could not be made
    bool counted = false;        // `rows` are those of all ranks
    PerGroup<double> rows{};
  };

  void make_next(const Draw& draw);
  void advance();

  TrainingBackend& backend_;
  const Communicator& communicator_;
  bool ahead_;
  Set in_place_, next_;
  Upcoming upcoming_;
  bool used_once_ = false;
  Draw announced_;
  std::vector<double> counts_;  // a message
};

}  // namespace nbm
