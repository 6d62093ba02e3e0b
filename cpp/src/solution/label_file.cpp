#include "solution/label_file.hpp"

#include "nbm/core/error.hpp"

namespace nbm {

Tensor pack_labels(const std::vector<std::int16_t>& labels) {
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

std::vector<std::int16_t> unpack_labels(const Tensor& runs, index_t nodes, LabelRange range) {
  std::vector<std::int16_t> labels;
  labels.reserve(static_cast<std::size_t>(nodes));
  for (std::size_t i = 0; i + 1 < runs.values.size(); i += 2) {
    const double label = runs.values[i], count = runs.values[i + 1];
    const bool fits = label >= static_cast<double>(range.least) && label <= static_cast<double>(range.most) &&
                      count >= 1.0 && count <= static_cast<double>(nodes - static_cast<index_t>(labels.size()));
    if (!fits) throw InvalidArgument("labels", "do not fit their grid");
    labels.insert(labels.end(), static_cast<std::size_t>(count), static_cast<std::int16_t>(label));
  }
  if (static_cast<index_t>(labels.size()) != nodes) throw InvalidArgument("labels", "do not fit their grid");
  return labels;
}

Json store_label_cells(Vec3<index_t> cells) { return Json::Array{Json(cells.x), Json(cells.y), Json(cells.z)}; }

Vec3<index_t> restore_label_cells(const Json& json) {
  constexpr index_t kMostCells = 4096;
  const Json::Array& stored = json.at("cells").array("cells");
  if (stored.size() != kDim) throw InvalidArgument("cells", "expected three numbers");
  Vec3<index_t> cells;
  for (int k = 0; k < kDim; ++k) {
    cells[k] = stored[static_cast<std::size_t>(k)].integer("cells");
    if (cells[k] < 1 || cells[k] > kMostCells) throw InvalidArgument("cells", "is not the size of a grid");
  }
  return cells;
}

}  // namespace nbm
