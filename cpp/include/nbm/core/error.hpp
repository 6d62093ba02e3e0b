#pragma once
#include <stdexcept>
#include <string>
#include <utility>

#include "nbm/core/types.hpp"

// Every error says, in one sentence, what was given, what was expected and what to do; its fields carry the data.
namespace nbm {

class NBM_EXPORT Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An argument or option that cannot be used. `name` is the argument as the caller spells it.
class NBM_EXPORT InvalidArgument : public Error {
 public:
  InvalidArgument(std::string argument, const std::string& message)
      : Error(argument + ": " + message), name(std::move(argument)) {}
  std::string name;
};

// A coefficient with a value that the method cannot use, found at `point` (box coordinates).
class NBM_EXPORT InvalidField : public Error {
 public:
  InvalidField(std::string field_name, double bad_value, Vec3<double> where, const std::string& message)
      : Error(message), field(std::move(field_name)), value(bad_value), point(where) {}
  std::string field;
  double value;
  Vec3<double> point;
};

// The linear system of a grid could not be solved: the problem is singular or nearly so, or its numbers are extreme.
class NBM_EXPORT GridNotSolved : public Error {
 public:
  using Error::Error;
};

// Training produced NaN or infinity. `group` names the rows whose residual did.
class NBM_EXPORT NonFiniteLoss : public Error {
 public:
  NonFiniteLoss(index_t at_step, std::string in_group, const std::string& message)
      : Error(message), step(at_step), group(std::move(in_group)) {}
  index_t step;
  std::string group;
};

// A feature that this build or machine lacks: what is missing and how to get it.
class NBM_EXPORT BackendUnavailable : public Error {
 public:
  BackendUnavailable(std::string backend_name, const std::string& message)
      : Error(message), backend(std::move(backend_name)) {}
  std::string backend;
};

// A file that is missing, damaged, or of another version.
class NBM_EXPORT FileError : public Error {
 public:
  FileError(std::string file_path, const std::string& message)
      : Error(file_path + ": " + message), path(std::move(file_path)) {}
  std::string path;
};

// Another rank failed with an error that is not nbm's own, such as an exception of the caller's callback; the message
// holds its text. The rank itself throws the original. nbm's own errors are thrown with their type on every rank.
class NBM_EXPORT RankFailure : public Error {
 public:
  RankFailure(int failed_rank, const std::string& message) : Error(message), rank(failed_rank) {}
  int rank;
};

// The parameters of two ranks are no longer the same bits: found by the regular check, thrown on every rank.
class NBM_EXPORT RanksDiverged : public Error {
 public:
  RanksDiverged(index_t at_step, int differing_rank, const std::string& message)
      : Error(message), step(at_step), rank(differing_rank) {}
  index_t step;
  int rank;
};

}  // namespace nbm
