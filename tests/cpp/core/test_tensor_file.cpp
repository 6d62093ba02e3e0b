#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "nbm/core/error.hpp"
#include "nbm/core/tensor_file.hpp"

namespace {

using nbm::TensorFile;
namespace fs = std::filesystem;

class TensorFileTest : public testing::Test {
 protected:
  TensorFileTest() { fs::create_directories(folder_); }
  ~TensorFileTest() override { fs::remove_all(folder_); }

  // A file of the given header text and as many data bytes; a header length of the caller's choice if he wants.
  void write_raw(const std::string& header, std::size_t data_bytes, std::uint64_t length = 0) const {
    if (length == 0) length = header.size();
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << header << std::string(data_bytes, '\0');
  }
  std::string bytes() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string folder_ =
      testing::TempDir() + "nbm_tensor_file_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string path_ = folder_ + "/file.safetensors";
};

TensorFile sample() {
  TensorFile file;
  file.tensors["matrix"] = {{2, 3}, {0.1, -0.0, 1e-310, 3, 4, 5}};
  file.tensors["vector"] = nbm::Tensor::vector({7.0});
  file.tensors["empty"] = {{0, 4}, {}};
  file.metadata = {{"key", "value \"quoted\""}, {"other", "\xC3\xA4"}};
  return file;
}

TEST_F(TensorFileTest, RoundTripIsExactAndLeavesNoOtherFile) {
  sample().write(path_);
  EXPECT_EQ(TensorFile::read(path_), sample());
  sample().write(path_);  // over the old one
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(TensorFileTest, LayoutIsThatOfSafetensors) {
  TensorFile file;
  file.tensors["a"] = nbm::Tensor::vector({1.0, 2.0});
  file.write(path_);
  const std::string raw = bytes();
  std::uint64_t length = 0;
  std::memcpy(&length, raw.data(), sizeof length);
  EXPECT_EQ(length % 8, 0U);
  ASSERT_EQ(raw.size(), 8 + length + 16);
  const std::string header = raw.substr(8, length);
  EXPECT_EQ(header.find(R"({"__metadata__":{"digest":"fnv1a64:)"), 0U);
  EXPECT_NE(header.find(R"(},"a":{"data_offsets":[0,16],"dtype":"F64","shape":[2]}})"), std::string::npos);
  double second = 0;
  std::memcpy(&second, raw.data() + 8 + length + 8, sizeof second);
  EXPECT_EQ(second, 2.0);
}

TEST_F(TensorFileTest, EveryTruncationIsAFileError) {
  sample().write(path_);
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    fs::resize_file(path_, size);
    EXPECT_THROW(TensorFile::read(path_), nbm::FileError) << size << " of " << whole.size() << " bytes";
    std::ofstream(path_, std::ios::binary) << whole;
  }
  std::ofstream(path_, std::ios::binary | std::ios::app) << "more";
  EXPECT_THROW(TensorFile::read(path_), nbm::FileError);
}

TEST_F(TensorFileTest, EveryFlippedBitIsNoticedOrSaysNothing) {
  sample().write(path_);
  const std::string whole = bytes();
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    std::ofstream(path_, std::ios::binary) << damaged;
    try {
      TensorFile read = TensorFile::read(path_);
      // A damaged key leaves the digest as metadata of that name, as in a file that never had one.
      std::erase_if(read.metadata, [](const auto& entry) { return entry.second.starts_with("fnv1a64:"); });
      EXPECT_EQ(read, sample()) << "bit " << bit;
    } catch (const nbm::FileError&) {
    }
  }
}

TEST_F(TensorFileTest, HostileHeadersAreFileErrors) {
  const auto entry = [](const char* type, const char* shape, const char* offsets) {
    return std::string(R"({"a":{"dtype":")") + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  write_raw(entry("F64", "[2]", "[0,16]"), 16);
  EXPECT_NO_THROW(TensorFile::read(path_));
  const std::string bad[] = {
      entry("F32", "[4]", "[0,16]"),
      entry("F64", "[3]", "[0,16]"),
      entry("F64", "[-2]", "[0,16]"),
      entry("F64", "[2]", "[8,24]"),
      entry("F64", "[2]", "[16,0]"),
      entry("F64", "[2]", "[0]"),
      entry("F64", "2", "[0,16]"),
      entry("F64", "[1.5]", "[0,16]"),
      entry("F64", "[4611686018427387904,4]", "[0,16]"),
      entry("F64", "[2]", "[-8,8]"),
      entry("F64", "[1e15,1e15]", "[0,16]"),
      R"({"a":{"dtype":"F64","shape":[2]}})",
      R"([1])",
      R"({"a":1})",
      R"({"__metadata__":{"k":1}})",
      "{",
      "",
      R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
  };
  for (const std::string& header : bad) {
    write_raw(header, 16);
    EXPECT_THROW(TensorFile::read(path_), nbm::FileError) << header;
  }
  for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40}) {
    write_raw(entry("F64", "[2]", "[0,16]"), 16, length);
    EXPECT_THROW(TensorFile::read(path_), nbm::FileError) << length;
  }
}

TEST_F(TensorFileTest, SaysWhichFile) {
  try {
    TensorFile::read(folder_ + "/absent");
    FAIL() << "read a file that does not exist";
  } catch (const nbm::FileError& e) {
    EXPECT_EQ(e.path, folder_ + "/absent");
  }
  EXPECT_THROW(TensorFile::read(folder_), nbm::FileError);
  EXPECT_THROW(sample().write(folder_ + "/no/such/folder"), nbm::FileError);
}

TEST_F(TensorFileTest, TakesOnlyTheExpectedShape) {
  TensorFile file = sample();
  EXPECT_EQ(file.take(path_, "matrix", {2, 3}).values.size(), 6U);
  EXPECT_THROW(file.take(path_, "vector", {2}), nbm::FileError);
  EXPECT_THROW(file.take(path_, "absent", {1}), nbm::FileError);
  file.tensors["wrong"] = {{2}, {1.0}};
  EXPECT_THROW(file.write(path_), nbm::InvalidArgument);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
