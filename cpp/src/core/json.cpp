#include "core/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

constexpr double kLargestInteger = 9007199254740992.0;  // 2^53: integers up to here are exact in a double

// Bytes of the UTF-8 sequence that starts at `at`, or 0 where it is malformed, overlong, a surrogate or too large.
std::size_t utf8_length(std::string_view s, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0) == 0xE0         ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json document() {
    Json value = this->value(0);
    skip_space();
    if (at_ != text_.size()) fail("expected the end of the document");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw InvalidArgument("json", message + " at byte " + std::to_string(at_));
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  bool accept(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(char c) {
    skip_space();
    if (peek() != c || at_ == text_.size()) fail(std::string("expected '") + c + "'");
    ++at_;
  }

  Json value(int depth) {
    if (depth > Json::kMaxDepth) fail("nesting deeper than " + std::to_string(Json::kMaxDepth) + " levels");
    skip_space();
    switch (peek()) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string();
      default: break;
    }
    if (accept("null")) return {};
    if (accept("true")) return true;
    if (accept("false")) return false;
    return number();
  }

  Json object(int depth) {
    expect('{');
    Json::Object members;
    skip_space();
    if (accept("}")) return members;
    do {
      skip_space();
      std::string key = string();
      expect(':');
      if (!members.try_emplace(key, value(depth + 1)).second) fail("the key \"" + key + "\" is given twice, ending");
      skip_space();
    } while (accept(","));
    expect('}');
    return members;
  }

  Json array(int depth) {
    expect('[');
    Json::Array items;
    skip_space();
    if (accept("]")) return items;
    do {
      items.push_back(value(depth + 1));
      skip_space();
    } while (accept(","));
    expect(']');
    return items;
  }

  std::string string() {
    expect('"');
    std::string out;
    while (true) {
      if (at_ >= text_.size()) fail("string without an end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_, out;
      if (c < 0x20) fail("control character in a string");
      if (c == '\\') {
        escape(out);
        continue;
      }
      const std::size_t length = utf8_length(text_, at_);
      if (length == 0) fail("bytes that are not UTF-8");
      out.append(text_.substr(at_, length));
      at_ += length;
    }
  }

  void escape(std::string& out) {
    ++at_;
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    const char letter = peek();
    if (const auto i = letters.find(letter); letter != '\0' && i != letters.npos) {
      ++at_;
      out += meanings[i];
      return;
    }
    if (!accept("u")) fail("unknown escape");
    std::uint32_t code = hex4();
    if (code >= 0xD800 && code < 0xDC00) {
      if (!accept("\\u")) fail("half of a surrogate pair");
      const std::uint32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      fail("half of a surrogate pair");
    }
    append_utf8(out, code);
  }

  std::uint32_t hex4() {
    const std::string_view digits = text_.substr(at_, 4);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc{} || end != digits.data() + 4) fail("expected four hexadecimal digits");
    at_ += 4;
    return code;
  }

  // from_chars reads more than JSON allows ("inf", "01", "1."), so the shape is checked first.
  Json number() {
    const std::size_t begin = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      if (at_ == first) fail("expected a value");
      return at_ - first;
    };
    accept("-");
    const bool zero = peek() == '0';
    if (digits() > 1 && zero) fail("a number with a leading zero");
    if (accept(".")) digits();
    if (accept("e") || accept("E")) {
      if (!accept("+")) accept("-");
      digits();
    }
    double value = 0.0;
    const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + at_, value);
    if (error != std::errc{} || end != text_.data() + at_) fail("a number beyond double precision, ending");
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void write_string(std::string& out, std::string_view s) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t length = utf8_length(s, i);
    if (length == 0) throw InvalidArgument("json", "a string to write is not UTF-8");
    if (c == '"' || c == '\\') {
      out += '\\';
      out += s[i];
    } else if (c < 0x20) {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    } else {
      out.append(s.substr(i, length));
    }
    i += length;
  }
  out += '"';
}

struct Writer {
  std::string& out;

  void operator()(std::nullptr_t) const { out += "null"; }
  void operator()(bool b) const { out += b ? "true" : "false"; }
  void operator()(double number) const {
    if (!std::isfinite(number)) throw InvalidArgument("json", "NaN and infinity cannot be written");
    char buffer[32];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
    out.append(buffer, end);
  }
  void operator()(const std::string& s) const { write_string(out, s); }
  void operator()(const Json::Array& items) const {
    const char* separator = "[";
    for (const Json& item : items) out += separator, out += item.dump(), separator = ",";
    out += items.empty() ? "[]" : "]";
  }
  void operator()(const Json::Object& members) const {
    const char* separator = "{";
    for (const auto& [key, member] : members) {
      out += separator;
      write_string(out, key);
      out += ':';
      out += member.dump();
      separator = ",";
    }
    out += members.empty() ? "{}" : "}";
  }
};

}  // namespace

Json::Json(index_t value) : value_(static_cast<double>(value)) {
  if (std::abs(static_cast<double>(value)) > kLargestInteger) {
    throw InvalidArgument("json", "the integer " + std::to_string(value) + " is beyond 2^53; write it as text");
  }
}

Json Json::parse(std::string_view text) { return Parser(text).document(); }

std::string Json::dump() const {
  std::string out;
  std::visit(Writer{out}, value_);
  return out;
}

template <class T>
const T& Json::expect(const char* name, const char* kind) const {
  if (const T* value = std::get_if<T>(&value_)) return *value;
  throw InvalidArgument(name, std::string("expected ") + kind);
}

bool Json::boolean(const char* name) const { return expect<bool>(name, "true or false"); }
double Json::number(const char* name) const { return expect<double>(name, "a number"); }
const std::string& Json::string(const char* name) const { return expect<std::string>(name, "a string"); }
const Json::Array& Json::array(const char* name) const { return expect<Array>(name, "an array"); }
const Json::Object& Json::object(const char* name) const { return expect<Object>(name, "an object"); }

index_t Json::integer(const char* name) const {
  const double value = number(name);
  if (value != std::floor(value) || std::abs(value) > kLargestInteger)
    throw InvalidArgument(name, "expected an integer");
  return static_cast<index_t>(value);
}

const Json& Json::at(const char* key) const {
  const Object& members = object(key);
  const auto found = members.find(key);
  if (found == members.end()) throw InvalidArgument(key, "this entry is missing");
  return found->second;
}

bool Json::contains(const char* key) const {
  const auto* members = std::get_if<Object>(&value_);
  return members != nullptr && members->contains(key);
}

}  // namespace nbm
