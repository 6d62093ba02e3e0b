#pragma once
#include <span>
#include <vector>

#include "nbm/training/loss.hpp"

namespace nbm {

// The members of a RowSet, each with a kernel of its own.
enum class RowKind { regular, irregular, points };

// A piece of the rows of one set. Its result has a place of its own, so that sums are made in the order of the tasks.
struct RowTask {
  RowKind kind;
  std::size_t set;    // of regular rows the network, of point rows the number of the set
  std::size_t group;  // whose rows they are
  index_t begin, end;
};

// Least rows in a task, by what they cost.
struct TaskGrains {
  index_t one_sided, two_sided, irregular;
};

// All rows, cut by their number alone; the long tasks first, so that a team ends together.
std::vector<RowTask> make_tasks(const RowSet& rows, const TaskGrains& grains);

// The cell size of the rows in difference form, in network coordinates: one for all of a set.
Vec3<double> difference_step(const RowSet& rows);

// Throws InvalidArgument unless there are as many numbers as that many networks have parameters.
NBM_EXPORT void check_parameters(const Siren& siren, std::span<const double> parameters, std::size_t networks = kSides);

}  // namespace nbm
