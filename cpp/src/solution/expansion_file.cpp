#include "solution/expansion_file.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/network/basis_point.hpp"

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

// Runs of equal labels: pairs of a label and how often it is repeated.
Tensor packed(const std::vector<std::int16_t>& labels) {
  Tensor runs;
  for (std::size_t i = 0; i < labels.size();) {
    std::size_t end = i;
    while (end < labels.size() && labels[end] == labels[i]) ++end;
    runs.values.push_back(labels[i]);
    runs.values.push_back(static_cast<double>(end - i));
    i = end;
  }
  runs.shape = {static_cast<index_t>(runs.values.size() / 2), 2};
  return runs;
}

std::vector<std::int16_t> unpacked(const Tensor& runs, index_t nodes, std::size_t pieces) {
  std::vector<std::int16_t> labels;
  labels.reserve(static_cast<std::size_t>(nodes));
  for (std::size_t i = 0; i + 1 < runs.values.size(); i += 2) {
    const double label = runs.values[i], count = runs.values[i + 1];
    const bool fits = label >= -1.0 && label < static_cast<double>(pieces) && count >= 1.0 &&
                      count <= static_cast<double>(nodes - static_cast<index_t>(labels.size()));
    if (!fits) throw InvalidArgument("labels", "do not fit the grid of the expansion");
    labels.insert(labels.end(), static_cast<std::size_t>(count), static_cast<std::int16_t>(label));
  }
  if (static_cast<index_t>(labels.size()) != nodes) {
    throw InvalidArgument("labels", "do not fit the grid of the expansion");
  }
  return labels;
}

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
    if (!labels.label[side].empty()) file.tensors[name_of_labels(s)] = packed(labels.label[side]);
  }
  return Json::Object{{"pieces", std::move(pieces)},
                      {"cells", Json::Array{Json(labels.cells.x), Json(labels.cells.y), Json(labels.cells.z)}},
                      {"only", std::move(only)}};
}

Expansion restore_expansion(const Json& json, const std::string& path, TensorFile& file, const Box& box) {
  std::vector<PieceBasis> pieces;
  index_t unknowns = 0;
  for (const Json& piece : json.at("pieces").array("pieces")) {
    pieces.push_back(restore_piece(piece, path, pieces.size(), file));
    unknowns += pieces.back().size();
  }
  PieceLabels labels;
  const Vec3<double> cells = vector_of(json.at("cells"), "cells");
  index_t nodes = 1;
  for (int k = 0; k < kDim; ++k) {
    if (!(cells[k] >= 1.0 && cells[k] <= 4096.0)) throw InvalidArgument("cells", "is not the size of a grid");
    labels.cells[k] = static_cast<index_t>(cells[k]);
    nodes *= labels.cells[k] + 1;
  }
  const Json::Array& only = json.at("only").array("only");
  if (only.size() != kSides) throw InvalidArgument("only", "expected two numbers");
  for (int s = 0; s < kSides; ++s) {
    const auto side = static_cast<std::size_t>(s);
    const index_t piece = only[side].integer("only");
    if (piece < -1 || piece >= static_cast<index_t>(pieces.size())) throw InvalidArgument("only", "no such piece");
    labels.only[side] = static_cast<std::int16_t>(piece);
    const auto found = file.tensors.find(name_of_labels(s));
    if (found != file.tensors.end()) {
      labels.label[side] = unpacked(file.take(path, name_of_labels(s), found->second.shape), nodes, pieces.size());
    }
  }
  std::vector<double> coefficients = file.take(path, "expansion.coefficients", {unknowns}).values;
  return Expansion(box.lower, box.upper, std::move(pieces), std::move(labels), std::move(coefficients));
}

}  // namespace nbm
