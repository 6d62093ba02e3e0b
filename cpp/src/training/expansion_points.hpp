#pragma once
#include <array>
#include <vector>

#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/training/expansion_fit.hpp"
#include "training/label_pieces.hpp"

namespace nbm {

// A part of the interface: what lies between two pieces.
struct InterfacePart {
  std::array<index_t, kSides> piece;  // minus, plus
  Points points, normals;             // all that were drawn of it
  std::vector<double> scale;          // local_scales
  index_t sources = 0;                // on each side
  index_t rows = 0;                   // points that carry the two jump rows: the first of them
};

// What lies between two pieces, or two parts of one, where the walls of a period are one surface.
struct PeriodPart {
  int axis;
  std::array<index_t, 2> piece;  // at the lower wall, at the upper one
  Points points;                 // on the lower wall
};

// Where the rows of an expansion lie, and how large each basis is.
struct ExpansionPoints {
  std::vector<Points> regular, boundary;  // a piece
  std::vector<InterfacePart> parts;
  std::vector<PeriodPart> periods;
  std::vector<index_t> sines;  // a piece
  std::vector<Side> sides;     // a piece
};

// Points of the interface, drawn once a problem: rows and sources choose among them.
InterfacePoints draw_interface(const InterfaceSampler& interface, std::uint64_t seed, ThreadPool& pool);
// The same by parts; how many sources and rows each gets is set by place_points.
std::vector<InterfacePart> interface_parts(const Box& box, const InterfacePoints& drawn, const Expansion& lookup);

// Bounds of pieces that the interface encloses: those of its points, where the grid of labels knows them to a cell.
void tighten_bounds(const Box& box, const std::vector<InterfacePart>& parts, LabelledPieces& found);

ExpansionPoints place_points(const Problem& problem, const LabelledPieces& found, const Expansion& lookup,
                             std::vector<InterfacePart> parts, const ExpansionOptions& options, ThreadPool& pool);
// Other points of the same kinds, a third as many, for a look at a fit.
ExpansionPoints held_out_points(const Problem& problem, const LabelledPieces& found, const Expansion& lookup,
                                const ExpansionOptions& options, const ExpansionPoints& fitted, ThreadPool& pool);

}  // namespace nbm
