#include "solution/expansion_file.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/network/basis_point.hpp"
#include "solution/label_file.hpp"

namespace nbm {
namespace {

constexpr index_t kWaveRows = kDim + 1;        // wave vector, phase
constexpr index_t kSourceRows = 2 * kDim + 2;  // place, image, reach, mask of the images

std::string name_of(std::size_t piece, const char* part) { return "expansion." + std::to_string(piece) + "." + part; }
std::string name_of_labels(int side) { return side == 0 ? "expansion.labels.minus" : "expansion.labels.plus"; }

Json numbers(Vec3<double> v) { return Json::Array{v.x, v.y, v.z}; }

Vec3<double> vector_of(const Json& json, const char* name) {
  const Json::Array& array = json.array(name);
  if (array.size() != kDim) throw InvalidArgument(name, "expected three numbers");
  return {array[0].number(name), array[1].number(name), array[2].number(name)};
}

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

Json store_piece(const PieceBasis& basis, std::size_t piece, TensorFile& file) {
  Tensor waves{{kWaveRows, basis.sines()}, {}}, sources{{kSourceRows, basis.sources()}, {}};
  for (const auto& axis : basis.wave) append(waves.values, axis);
  append(waves.values, basis.phase);
  for (const auto& axis : basis.at) append(sources.values, axis);
  for (const auto& axis : basis.mirrored) append(sources.values, axis);
  append(sources.values, basis.reach);
  for (const std::uint8_t mask : basis.mirrors) sources.values.push_back(mask);
  file.tensors[name_of(piece, "waves")] = std::move(waves);
  file.tensors[name_of(piece, "sources")] = std::move(sources);
  return Json::Object{{"side", index_of(basis.side)}, {"center", numbers(basis.center)},
                      {"half", numbers(basis.half)},  {"decay", basis.decay},
                      {"sines", Json(basis.sines())}, {"sources", Json(basis.sources())}};
}

index_t count_of(const Json& json, const char* name) {
  const index_t count = json.at(name).integer(name);
  if (count < 0 || count > index_t{1} << 24) throw InvalidArgument(name, "is not a number of basis functions");
  return count;
}

PieceBasis restore_piece(const Json& json, const std::string& path, std::size_t piece, TensorFile& file) {
  PieceBasis basis;
  basis.side = json.at("side").integer("side") == 0 ? Side::minus : Side::plus;
  basis.center = vector_of(json.at("center"), "center");
  basis.half = vector_of(json.at("half"), "half");
  basis.decay = json.at("decay").number("decay");
  const index_t sines = count_of(json, "sines"), count = count_of(json, "sources");
  const Tensor waves = file.take(path, name_of(piece, "waves"), {kWaveRows, sines});
  const Tensor sources = file.take(path, name_of(piece, "sources"), {kSourceRows, count});
  const auto row = [](const Tensor& tensor, index_t r, index_t n) {
    const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(r * n);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(n));
  };
  for (index_t k = 0; k < kDim; ++k) {
    const auto axis = static_cast<std::size_t>(k);
    basis.wave[axis] = row(waves, k, sines);
    basis.at[axis] = row(sources, k, count);
    basis.mirrored[axis] = row(sources, kDim + k, count);
  }
  basis.phase = row(waves, kDim, sines);
  basis.reach = row(sources, 2 * kDim, count);
  for (const double mask : row(sources, 2 * kDim + 1, count)) {
    if (!(mask >= 0.0 && mask < kImageMasks)) throw InvalidArgument("sources", "the mask of their images is not one");
    basis.mirrors.push_back(static_cast<std::uint8_t>(mask));
  }
  return basis;
}

}  // namespace

Json store_expansion(const Expansion& expansion, TensorFile& file) {
  Json::Array pieces;
  for (std::size_t p = 0; p < expansion.pieces().size(); ++p) {
    pieces.push_back(store_piece(expansion.pieces()[p], p, file));
  }
  file.tensors["expansion.coefficients"] = Tensor::vector(expansion.coefficients());
  const PieceLabels& labels = expansion.labels();
  Json::Array only;
  for (int s = 0; s < kSides; ++s) {
    const auto side = static_cast<std::size_t>(s);
    only.push_back(static_cast<int>(labels.only[side]));
    if (!labels.label[side].empty()) file.tensors[name_of_labels(s)] = pack_labels(labels.label[side]);
  }
  return Json::Object{
      {"pieces", std::move(pieces)}, {"cells", store_label_cells(labels.cells)}, {"only", std::move(only)}};
}

Expansion restore_expansion(const Json& json, const std::string& path, TensorFile& file, const Box& box) {
  std::vector<PieceBasis> pieces;
  index_t unknowns = 0;
  for (const Json& piece : json.at("pieces").array("pieces")) {
    pieces.push_back(restore_piece(piece, path, pieces.size(), file));
    unknowns += pieces.back().size();
  }
  PieceLabels labels;
  labels.cells = restore_label_cells(json);
  const index_t nodes = (labels.cells.x + 1) * (labels.cells.y + 1) * (labels.cells.z + 1);
  const Json::Array& only = json.at("only").array("only");
  if (only.size() != kSides) throw InvalidArgument("only", "expected two numbers");
  for (int s = 0; s < kSides; ++s) {
    const auto side = static_cast<std::size_t>(s);
    const index_t piece = only[side].integer("only");
    if (piece < -1 || piece >= static_cast<index_t>(pieces.size())) throw InvalidArgument("only", "no such piece");
    labels.only[side] = static_cast<std::int16_t>(piece);
    const auto found = file.tensors.find(name_of_labels(s));
    if (found != file.tensors.end()) {
      labels.label[side] = unpack_labels(file.take(path, name_of_labels(s), found->second.shape), nodes,
                                         {-1, static_cast<index_t>(pieces.size()) - 1});
    }
  }
  std::vector<double> coefficients = file.take(path, "expansion.coefficients", {unknowns}).values;
  return Expansion(box.lower, box.upper, std::move(pieces), std::move(labels), std::move(coefficients));
}

}  // namespace nbm
