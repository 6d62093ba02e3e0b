#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/json.hpp"
#include "nbm/core/error.hpp"

namespace {

using nbm::Json;

TEST(Json, ReadsWhatItWrites) {
  const Json document = Json::Object{
      {"text", "quote \" backslash \\ line\n bell\x01 \xC3\xA4 \xF0\x9F\x98\x80"},
      {"list", Json::Array{1, -2.5, true, false, Json(), Json::Array{}, Json::Object{}}},
      {"deep", Json::Object{{"a", Json::Object{{"b", 3}}}}},
  };
  EXPECT_EQ(Json::parse(document.dump()), document);
  EXPECT_EQ(Json(Json::Object{{"b", 1}, {"a", Json::Array{2, "x"}}}).dump(), R"({"a":[2,"x"],"b":1})");
}

TEST(Json, KeepsEveryBitOfADouble) {
  for (const double value : {0.1, 1.0 / 3.0, 1e300, 5e-324, -0.0, std::nextafter(1.0, 2.0), 6755399441055744.25,
                             std::numeric_limits<double>::max()}) {
    const double again = Json::parse(Json(value).dump()).number("value");
    EXPECT_EQ(std::signbit(again), std::signbit(value));
    EXPECT_EQ(again, value);
  }
  EXPECT_EQ(Json::parse("9007199254740992").integer("n"), 9007199254740992);
  EXPECT_THROW(Json(nbm::index_t{9007199254740994}), nbm::InvalidArgument);
}

TEST(Json, ReadsEscapes) {
  EXPECT_EQ(Json::parse(R"( "\u0041\n\/\u00e4\u20ac\ud83d\ude00" )").string("s"),
            "A\n/\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(Json, RefusesEverythingElse) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "[",
                          "\"",
                          "[1,]",
                          "{\"a\":1,}",
                          "{\"a\" 1}",
                          "{a:1}",
                          "01",
                          "1.",
                          ".5",
                          "+1",
                          "-",
                          "1e",
                          "1e999",
                          "1e-999",
                          "NaN",
                          "Infinity",
                          "nul",
                          "truth",
                          "[1] 2",
                          "{\"a\":1,\"a\":2}",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "\"\\ud800\"",
                          "\"\\udc00\"",
                          "\"\\ud800\\u0041\"",
                          "\"tab\there\"",
                          "\"\xFF\"",
                          "\"\xC0\xAF\"",
                          "\"\xE0\x80\x80\"",
                          "\"\xED\xA0\x80\"",
                          "\"\xF5\x80\x80\x80\"",
                          "\"\xC3",
                          "[1}",
                          "'a'",
                          "// x\n1"}) {
    EXPECT_THROW(Json::parse(bad), nbm::InvalidArgument) << bad;
  }
  EXPECT_THROW(Json::parse(std::string_view("1\0", 2)), nbm::InvalidArgument);
}

TEST(Json, BoundsTheDepth) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(Json::parse(nested(Json::kMaxDepth)));
  EXPECT_THROW(Json::parse(nested(Json::kMaxDepth + 2)), nbm::InvalidArgument);
  EXPECT_THROW(Json::parse(std::string(1 << 20, '[')), nbm::InvalidArgument);
}

TEST(Json, NamesTheEntryOfAnotherKind) {
  const Json document = Json::parse(R"({"n": 1.5})");
  try {
    document.at("n").integer("n");
    FAIL() << "1.5 was taken for an integer";
  } catch (const nbm::InvalidArgument& e) {
    EXPECT_EQ(e.name, "n");
  }
  EXPECT_THROW(document.at("m"), nbm::InvalidArgument);
  EXPECT_THROW(document.array("document"), nbm::InvalidArgument);
  EXPECT_THROW(Json(std::nan("")).dump(), nbm::InvalidArgument);
  EXPECT_THROW(Json("\xFF").dump(), nbm::InvalidArgument);
}

}  // namespace
