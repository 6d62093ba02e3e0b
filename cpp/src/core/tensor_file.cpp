#include "nbm/core/tensor_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/atomic_file.hpp"
#include "core/fingerprint.hpp"
#include "core/json.hpp"
#include "nbm/core/error.hpp"

namespace nbm {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor files are little endian and copied as they are");
constexpr std::uint64_t kMaxHeader = 16 << 20;
constexpr index_t kWord = sizeof(double);
constexpr const char* kDigest = "digest";

// The product of a shape, or -1 where it is negative somewhere or overflows.
index_t element_count(const std::vector<index_t>& shape) {
  index_t count = 1;
  for (const index_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return -1;
  }
  return count;
}

// Where the data of one tensor lies, in bytes from the end of the header.
struct Entry {
  std::string name;
  std::vector<index_t> shape;
  index_t begin, end;
};

Entry parse_entry(const std::string& name, const Json& json) {
  if (const std::string& type = json.at("dtype").string("dtype"); type != "F64") {
    throw InvalidArgument(name, "data type " + type + " where only F64 is read");
  }
  Entry entry{name, {}, 0, 0};
  for (const Json& extent : json.at("shape").array("shape")) entry.shape.push_back(extent.integer("shape"));
  const Json::Array& offsets = json.at("data_offsets").array("data_offsets");
  if (offsets.size() != 2) throw InvalidArgument(name, "data_offsets needs a begin and an end");
  entry.begin = offsets[0].integer("data_offsets");
  entry.end = offsets[1].integer("data_offsets");
  const index_t count = element_count(entry.shape);
  if (count < 0 || count > std::numeric_limits<index_t>::max() / kWord || entry.begin < 0 ||
      entry.end - entry.begin != count * kWord) {
    throw InvalidArgument(name, "its byte range contradicts its shape");
  }
  return entry;
}

// The entries in the order of their data, which they must cover without gap or overlap.
std::vector<Entry> parse_entries(const Json& header, index_t data_bytes) {
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.object("header")) {
    if (name != "__metadata__") entries.push_back(parse_entry(name, json));
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  index_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) throw InvalidArgument(entry.name, "its data overlaps another tensor's or leaves a gap");
    covered = entry.end;
  }
  if (covered != data_bytes) {
    throw InvalidArgument("data", "the file holds " + std::to_string(data_bytes) +
                                      " bytes of data where its header names " + std::to_string(covered));
  }
  return entries;
}

void read_bytes(std::ifstream& in, void* target, index_t count) {
  in.read(static_cast<char*>(target), count);
  if (in.gcount() != count) throw InvalidArgument("data", "the file is truncated");
}

// Of all that a file says: every metadata text but the digest itself, names, shapes and values of the tensors, each led
// by its length.
std::string digest_of(const TensorFile& file) {
  std::uint64_t hash = kFingerprintOfNothing;
  const auto add_bytes = [&](const void* data, std::size_t bytes) {
    hash = fingerprint_of(std::string_view(static_cast<const char*>(data), bytes), hash);
  };
  const auto add_text = [&](const std::string& text) {
    const std::uint64_t size = text.size();
    add_bytes(&size, sizeof size);
    add_bytes(text.data(), text.size());
  };
  for (const auto& [key, value] : file.metadata) {
    if (key == kDigest) continue;
    add_text(key);
    add_text(value);
  }
  for (const auto& [name, tensor] : file.tensors) {
    add_text(name);
    const std::uint64_t rank = tensor.shape.size();
    add_bytes(&rank, sizeof rank);
    add_bytes(tensor.shape.data(), rank * sizeof(index_t));
    add_bytes(tensor.values.data(), tensor.values.size() * sizeof(double));
  }
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return "fnv1a64:" + std::string(digits.data(), end);
}

// Files of before there were digests have none.
void check_digest(TensorFile& file) {
  const auto found = file.metadata.find(kDigest);
  if (found == file.metadata.end()) return;
  if (found->second != digest_of(file)) {
    throw InvalidArgument(kDigest,
                          "is not that of the file: its bytes were changed; take another copy, or leave the digest out "
                          "where that was meant");
  }
  file.metadata.erase(found);
}

std::string header_of(const TensorFile& file) {
  Json::Object header, metadata;
  for (const auto& [key, value] : file.metadata) metadata.emplace(key, value);
  metadata.insert_or_assign(kDigest, digest_of(file));
  header.emplace("__metadata__", std::move(metadata));
  index_t at = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (element_count(tensor.shape) != static_cast<index_t>(tensor.values.size())) {
      throw InvalidArgument(
          name, "a tensor of " + std::to_string(tensor.values.size()) + " values whose shape says otherwise");
    }
    const index_t end = at + static_cast<index_t>(tensor.values.size()) * kWord;
    Json::Array shape(tensor.shape.begin(), tensor.shape.end());
    header.emplace(name,
                   Json::Object{{"dtype", "F64"}, {"shape", std::move(shape)}, {"data_offsets", Json::Array{at, end}}});
    at = end;
  }
  std::string text = Json(std::move(header)).dump();
  if (text.size() > kMaxHeader) throw InvalidArgument("metadata", "longer than the 16 MiB that are read back");
  text.resize((text.size() + kWord - 1) / kWord * kWord, ' ');  // so that the data are aligned in a mapped file
  return text;
}

TensorFile read_stream(std::ifstream& in, index_t file_bytes) {
  std::uint64_t header_bytes = 0;
  read_bytes(in, &header_bytes, sizeof header_bytes);
  const auto rest = static_cast<std::uint64_t>(file_bytes) - sizeof header_bytes;
  if (header_bytes > kMaxHeader || header_bytes > rest) {
    throw InvalidArgument("header", "its length of " + std::to_string(header_bytes) +
                                        " bytes is beyond 16 MiB or the file: damaged, or not a safetensors file");
  }
  std::string text(header_bytes, '\0');
  read_bytes(in, text.data(), static_cast<index_t>(header_bytes));
  const Json header = Json::parse(text);
  TensorFile file;
  if (header.contains("__metadata__")) {
    for (const auto& [key, value] : header.at("__metadata__").object("__metadata__")) {
      file.metadata.emplace(key, value.string("__metadata__"));
    }
  }
  for (const Entry& entry : parse_entries(header, static_cast<index_t>(rest - header_bytes))) {
    Tensor& tensor = file.tensors[entry.name];
    tensor.shape = entry.shape;
    tensor.values.resize(static_cast<std::size_t>((entry.end - entry.begin) / kWord));
    read_bytes(in, tensor.values.data(), entry.end - entry.begin);
  }
  check_digest(file);
  return file;
}

}  // namespace

Tensor Tensor::vector(std::vector<double> values) { return {{static_cast<index_t>(values.size())}, std::move(values)}; }

TensorFile TensorFile::read(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) throw FileError(path, "no such file");
  const auto bytes = static_cast<index_t>(std::filesystem::file_size(path, error));
  std::ifstream in(path, std::ios::binary);
  if (error || !in) throw FileError(path, "cannot be read");
  try {
    return read_stream(in, bytes);
  } catch (const InvalidArgument& e) {
    throw FileError(path, e.what());
  }
}

void TensorFile::write(const std::string& path) const {
  const std::string header = header_of(*this);
  const std::uint64_t header_bytes = header.size();
  AtomicFile out(path);
  out.write(&header_bytes, sizeof header_bytes);
  out.write(header.data(), header.size());
  for (const auto& [name, tensor] : tensors) out.write(tensor.values.data(), tensor.values.size() * sizeof(double));
  out.commit();
}

Tensor TensorFile::take(const std::string& path, const std::string& name, const std::vector<index_t>& shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw FileError(path, "the tensor " + name + " is missing");
  if (found->second.shape != shape)
    throw FileError(path, "the tensor " + name + " has not the shape that the rest asks for");
  return std::move(found->second);
}

}  // namespace nbm
