#include <limits>

#include "core/json.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/tensor_file.hpp"
#include "nbm/solution/solution.hpp"
#include "solution/expansion_file.hpp"
#include "solution/field_file.hpp"
#include "solution/label_file.hpp"

// The model file: a tensor for every weight matrix and bias of both networks, and under the metadata key "nbm" a JSON
// document with the format's version, the network, the box, the level set and the free text of Solution::info(). Format
// 2 has an expansion, two tensors with the values of a correction, or both; format 3 has a network for each connected
// piece of a side, and may have all that format 2 has. Without any of these files are of format 1, as they always were.
namespace nbm {
namespace {

constexpr int kFormat = 1, kExtendedFormat = 2, kPiecesFormat = 3;
constexpr const char* kLevelSet = "level_set";

struct NamedShape {
  std::string name;
  std::vector<index_t> shape;
};

std::string name_of(Side side) { return side == Side::minus ? "minus" : "plus"; }

// The tensors of one network in the order of its parameter vector. Further pieces of a side have their number in the
// name.
std::vector<NamedShape> layout(const Siren& siren, const NetworkMap& map, index_t network) {
  const Side side = map.side_of(network);
  const index_t piece = network - map.first(side);
  const std::string prefix = name_of(side) + (piece == 0 ? "." : "." + std::to_string(piece) + ".");
  std::vector<NamedShape> tensors;
  index_t inputs = kDim;
  for (std::size_t layer = 0; layer < siren.hidden.size(); ++layer) {
    const std::string hidden = prefix + "hidden." + std::to_string(layer);
    const index_t outputs = siren.hidden[layer];
    tensors.push_back({hidden + ".weight", {outputs, inputs}});
    tensors.push_back({hidden + ".bias", {outputs}});
    inputs = outputs;
  }
  tensors.push_back({prefix + "output.weight", {inputs}});
  tensors.push_back({prefix + "output.bias", {1}});
  return tensors;
}

index_t volume(const std::vector<index_t>& shape) {
  index_t count = 1;
  for (const index_t extent : shape) count *= extent;
  return count;
}

int format_of(const Solution& solution) {
  if (!solution.network_map().one_a_side()) return kPiecesFormat;
  return solution.correction() || solution.expansion() ? kExtendedFormat : kFormat;
}

std::string name_of_labels(Side side) { return "networks.labels." + name_of(side); }

Json store_map(const NetworkMap& map, TensorFile& file) {
  for (const Side side : {Side::minus, Side::plus}) {
    if (!map.labels(side).empty()) file.tensors[name_of_labels(side)] = pack_labels(map.labels(side));
  }
  return Json::Object{{"cells", store_label_cells(map.cells())},
                      {"count", Json::Array{Json(map.count(Side::minus)), Json(map.count(Side::plus))}}};
}

NetworkMap restore_map(const Json& json, const std::string& path, TensorFile& file) {
  const Vec3<index_t> cells = restore_label_cells(json);
  const Json::Array& count = json.at("count").array("count");
  if (count.size() != kSides) throw InvalidArgument("count", "expected two numbers");
  std::array<NetworkMap::Labels, kSides> labels;
  for (const Side side : {Side::minus, Side::plus}) {
    const auto s = static_cast<std::size_t>(index_of(side));
    const index_t pieces = count[s].integer("count");
    if (pieces < 1 || pieces > std::numeric_limits<std::int16_t>::max()) {
      throw InvalidArgument("count", "is not a number of networks");
    }
    const auto found = file.tensors.find(name_of_labels(side));
    if (found == file.tensors.end()) continue;
    labels[s] = unpack_labels(file.take(path, name_of_labels(side), found->second.shape),
                              (cells.x + 1) * (cells.y + 1) * (cells.z + 1), {-pieces, pieces - 1});
  }
  NetworkMap map(cells, std::move(labels));
  for (const Side side : {Side::minus, Side::plus}) {
    if (map.count(side) != count[static_cast<std::size_t>(index_of(side))].integer("count")) {
      throw InvalidArgument("count", "of the networks is not that of the pieces");
    }
  }
  if (map.one_a_side()) throw InvalidArgument("count", "is that of a model without pieces");
  return map;
}

Json describe(const Solution& solution, TensorFile& file) {
  Json::Array hidden(solution.siren().hidden.begin(), solution.siren().hidden.end());
  Json::Object info;
  for (const auto& [key, value] : solution.info()) info.emplace(key, value);
  Json::Object description{
      {"format", format_of(solution)},
      {"siren",
       Json::Object{
           {"hidden", std::move(hidden)}, {"omega", solution.siren().omega}, {"gamma", solution.siren().gamma}}},
      {"box", store_box(solution.box())},
      {"level_set", store_field(solution.level_set(), kLevelSet, file)},
      {"info", std::move(info)},
  };
  if (!solution.network_map().one_a_side()) description.emplace("networks", store_map(solution.network_map(), file));
  if (solution.correction() == nullptr && solution.expansion() == nullptr) return description;
  description.emplace("corrected", solution.correction() != nullptr);
  if (solution.expansion() != nullptr) description.emplace("expansion", store_expansion(*solution.expansion(), file));
  return description;
}

Siren restore_siren(const Json& json) {
  Siren siren;
  siren.hidden.clear();
  for (const Json& width : json.at("hidden").array("hidden")) {
    const index_t value = width.integer("hidden");
    if (value < 1 || value > 1 << 20)
      throw InvalidArgument("hidden", "a layer of " + std::to_string(value) + " neurons");
    siren.hidden.push_back(static_cast<int>(value));
  }
  siren.omega = json.at("omega").number("omega");
  siren.gamma = json.at("gamma").number("gamma");
  siren.validate();
  return siren;
}

Json read_description(const std::string& path, const TensorFile& file) {
  const auto found = file.metadata.find("nbm");
  if (found == file.metadata.end())
    throw FileError(path, "a safetensors file, but not a model of nbm: no \"nbm\" metadata");
  Json json = Json::parse(found->second);
  if (const index_t format = json.at("format").integer("format"); format < kFormat || format > kPiecesFormat) {
    throw FileError(path, "model format " + std::to_string(format) + " where this version of nbm reads formats up to " +
                              std::to_string(kPiecesFormat) + "; update nbm");
  }
  return json;
}

std::vector<double> take_parameters(const std::string& path, TensorFile& file, const Siren& siren,
                                    const NetworkMap& map) {
  std::vector<double> parameters;
  for (index_t network = 0; network < map.size(); ++network) {
    for (const NamedShape& tensor : layout(siren, map, network)) {
      const Tensor values = file.take(path, tensor.name, tensor.shape);
      parameters.insert(parameters.end(), values.values.begin(), values.values.end());
    }
  }
  return parameters;
}

const char* name_of_correction(Side side) { return side == Side::minus ? "correction.minus" : "correction.plus"; }

SidedGrid take_correction(const std::string& path, TensorFile& file, const Box& box) {
  const auto found = file.tensors.find(name_of_correction(Side::minus));
  if (found == file.tensors.end() || found->second.shape.size() != kDim) {
    throw FileError(path, "the values of its correction are missing or not three-dimensional");
  }
  const std::vector<index_t> shape = found->second.shape;
  std::array<std::vector<double>, kSides> values = {file.take(path, name_of_correction(Side::minus), shape).values,
                                                    file.take(path, name_of_correction(Side::plus), shape).values};
  return SidedGrid(box, {shape[0], shape[1], shape[2]}, std::move(values));
}

// level_set: instead of the stored one, where given.
Solution load_model(const std::string& path, const Field* level_set) {
  TensorFile file = TensorFile::read(path);
  try {
    const Json json = read_description(path, file);
    const Siren siren = restore_siren(json.at("siren"));
    const Json& stored = json.at("level_set");
    if (level_set == nullptr && stored.at("kind").string("kind") == "callback") {
      throw FileError(path, "its level set was a host function, which no file can hold; pass level_set when loading");
    }
    Solution::Info info;
    for (const auto& [key, value] : json.at("info").object("info")) info.emplace(key, value.string(key.c_str()));
    const index_t format = json.at("format").integer("format");
    const NetworkMap map = format == kPiecesFormat ? restore_map(json.at("networks"), path, file) : NetworkMap();
    const Solution networks(restore_box(json.at("box")),
                            level_set ? *level_set : restore_field(stored, kLevelSet, file), siren,
                            take_parameters(path, file, siren, map), std::move(info), map);
    if (format == kFormat || (format == kPiecesFormat && !json.contains("corrected"))) return networks;
    const bool expanded = json.contains("expansion"), corrected = json.at("corrected").boolean("corrected");
    if (!expanded && !corrected) throw FileError(path, "says that it is extended, but not by what");
    const Solution base =
        expanded ? networks.expanded(restore_expansion(json.at("expansion"), path, file, networks.box())) : networks;
    return corrected ? base.corrected(take_correction(path, file, base.box())) : base;
  } catch (const InvalidArgument& e) {
    throw FileError(path, e.what());
  }
}

}  // namespace

void Solution::save(const std::string& path) const {
  TensorFile file;
  for (index_t network = 0; network < network_map_.size(); ++network) {
    const double* next = parameters(network).data();
    for (const NamedShape& tensor : layout(siren_, network_map_, network)) {
      const index_t count = volume(tensor.shape);
      file.tensors[tensor.name] = {tensor.shape, {next, next + count}};
      next += count;
    }
  }
  if (correction_) {
    const Vec3<index_t> shape = correction_->shape();
    for (const Side side : {Side::minus, Side::plus}) {
      const std::span<const double> values = correction_->values(side);
      file.tensors[name_of_correction(side)] = {{shape.x, shape.y, shape.z}, {values.begin(), values.end()}};
    }
  }
  file.metadata["nbm"] = describe(*this, file).dump();
  file.write(path);
}

Solution Solution::load(const std::string& path) { return load_model(path, nullptr); }

Solution Solution::load(const std::string& path, Field level_set) { return load_model(path, &level_set); }

}  // namespace nbm
