#pragma once
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nbm/core/types.hpp"

// The JSON of model files and checkpoints, RFC 8259 read strictly. Own code rather than a library, so that
// `pip install` needs no system package: the files need one small document, read from untrusted bytes.
namespace nbm {

class NBM_EXPORT Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json>;
  static constexpr int kMaxDepth = 64;

  Json() = default;
  Json(bool value) : value_(value) {}                      // NOLINT: values are documents
  Json(double value) : value_(value) {}                    // NOLINT
  Json(int value) : value_(static_cast<double>(value)) {}  // NOLINT
  Json(index_t value);                                     // NOLINT: throws beyond 2^53, where a double is not exact
  Json(const char* value) : value_(std::string(value)) {}  // NOLINT
  Json(std::string value) : value_(std::move(value)) {}    // NOLINT
  Json(Array value) : value_(std::move(value)) {}          // NOLINT
  Json(Object value) : value_(std::move(value)) {}         // NOLINT

  // Throws InvalidArgument named "json" with the byte where reading failed: anything but one complete document of
  // valid UTF-8, a key given twice, a number beyond double precision, nesting deeper than kMaxDepth.
  static Json parse(std::string_view text);
  // One line; keys sorted; numbers with as many digits as give the same double again. Throws InvalidArgument for
  // NaN, infinity and strings that are not UTF-8.
  std::string dump() const;

  // The value as the kind that the caller expects; InvalidArgument named `name` when it is another.
  bool boolean(const char* name) const;
  double number(const char* name) const;
  index_t integer(const char* name) const;
  const std::string& string(const char* name) const;
  const Array& array(const char* name) const;
  const Object& object(const char* name) const;
  // A member of an object; InvalidArgument when it is missing.
  const Json& at(const char* key) const;
  bool contains(const char* key) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  template <class T>
  const T& expect(const char* name, const char* kind) const;

  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> value_ = nullptr;
};

}  // namespace nbm
