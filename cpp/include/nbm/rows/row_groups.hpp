#pragma once
#include <array>
#include <string>

#include "nbm/core/types.hpp"

// Groups of rows, by number: what a loss weighs separately (docs/method.md, section 10). Regular and irregular rows
// have kernels of their own; every other group is one of point rows, and to the kernels a number alone.
namespace nbm {

constexpr int kMostGroups = 16;

// Of a group that a training does not have there are no rows.
template <class T>
using PerGroup = std::array<T, kMostGroups>;

constexpr int kRegularGroup = 0, kIrregularGroup = 1;
constexpr int kBoundaryGroup = 2, kValueJumpGroup = 3, kFluxJumpGroup = 4;
constexpr int kStandardGroups = 5;  // those of a problem; further ones belong to what is added to it

// "regular", "irregular", ... of a standard group.
NBM_EXPORT std::string group_name(int group);

}  // namespace nbm
