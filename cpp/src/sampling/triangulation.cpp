#include "triangulation.hpp"

#include "nbm/sampling/interface_triangles.hpp"
#include "sample_tasks.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 1024;  // least cells of a task

struct Triangles {
  std::vector<CellTriangle> list;
  void append(const Triangles& other) { list.insert(list.end(), other.list.begin(), other.list.end()); }
};

}  // namespace

std::vector<CellTriangle> triangulate_cells(const SearchGrid& grid, std::span<const SearchCell> cells,
                                            ThreadPool& pool) {
  return run_parts<Triangles>({0, static_cast<index_t>(cells.size())}, kGrain, pool,
                              [&](IndexRange range) {
                                Triangles found;
                                for (index_t i = range.begin; i < range.end; ++i) {
                                  const SearchCell& cell = cells[static_cast<std::size_t>(i)];
                                  cell_triangles(
                                      grid.position(cell.level, cell.at), grid.edges(cell.level), cell.corner,
                                      [&](Vec3<double> p, Vec3<double> q, Vec3<double> r, Vec3<double> plus) {
                                        const Vec3<double> area = 0.5 * cross(q - p, r - p);
                                        const double sign = dot(area, plus - p) < 0.0 ? -1.0 : 1.0;
                                        found.list.push_back({{p, q, r}, sign * area, i});
                                      });
                                }
                                return found;
                              })
      .list;
}

}  // namespace nbm
