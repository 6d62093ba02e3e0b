#include "training/piece_networks.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include "nbm/core/error.hpp"
#include "nbm/sampling/interface_sampler.hpp"
#include "training/expansion_points.hpp"

namespace nbm {
namespace {

constexpr std::array kLabelGrids = {kLabelCells, 160};  // the finer one where pieces are small or come close
const std::string kFinestGrid = "the grid of " + std::to_string(kLabelGrids.back()) + " cells that tells pieces apart";

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

std::string text_of(Vec3<double> point) {
  std::ostringstream text;
  text.precision(3);
  text << '(' << point.x << ", " << point.y << ", " << point.z << ')';
  return text.str();
}

std::string name_of(Side side) { return side == Side::minus ? "minus" : "plus"; }

[[noreturn]] void refuse(const std::string& why) { throw InvalidArgument("networks", why + "; use networks='sides'"); }

// A piece that no node lies in.
const LabelledPieces::Piece* find_hidden(const LabelledPieces& found) {
  const auto piece = std::find_if(found.pieces.begin(), found.pieces.end(), [](const auto& p) { return p.hidden; });
  return piece == found.pieces.end() ? nullptr : &*piece;
}

[[noreturn]] void refuse(const LabelledPieces::Piece& hidden) {
  refuse("a piece of the " + name_of(hidden.side) + " side near " + text_of(0.5 * (hidden.lower + hidden.upper)) +
         " is smaller than a cell of " + kFinestGrid);
}

// The least corner of a cell with nodes of two pieces of one side, and that side.
struct Meeting {
  Side side;
  Vec3<index_t> cell;
};

std::optional<Meeting> find_meeting(const LabelledPieces& found) {
  const Vec3<index_t> n = found.labels.cells;
  for (index_t i = 0; i < n.x; ++i) {
    for (index_t j = 0; j < n.y; ++j) {
      for (index_t k = 0; k < n.z; ++k) {
        std::array<std::int16_t, kSides> seen = {-1, -1};
        for (int corner = 0; corner < 8; ++corner) {
          const index_t a = i + (corner >> 2 & 1), b = j + (corner >> 1 & 1), c = k + (corner & 1);
          const std::int16_t piece = found.of_node[at((a * (n.y + 1) + b) * (n.z + 1) + c)];
          const Side side = found.pieces[at(piece)].side;
          std::int16_t& own = seen[at(index_of(side))];
          if (own >= 0 && own != piece) return Meeting{side, {i, j, k}};
          own = piece;
        }
      }
    }
  }
  return {};
}

[[noreturn]] void refuse(const Meeting& meeting, const LabelledPieces& found, const Box& box) {
  Vec3<double> place;
  for (int k = 0; k < kDim; ++k) {
    const double share = (static_cast<double>(meeting.cell[k]) + 0.5) / static_cast<double>(found.labels.cells[k]);
    place[k] = box.lower[k] + share * box.edge()[k];
  }
  refuse("two pieces of the " + name_of(meeting.side) + " side near " + text_of(place) +
         " come closer than a cell of " + kFinestGrid);
}

NetworkMap map_of(const LabelledPieces& found) {
  std::vector<std::int16_t> number;  // of each piece, within its side
  std::array<std::int16_t, kSides> count{};
  for (const auto& piece : found.pieces) number.push_back(count[at(index_of(piece.side))]++);
  if (count[0] + count[1] > kMostNetworks) {
    refuse("there are " + std::to_string(count[0] + count[1]) + " pieces where at most " +
           std::to_string(kMostNetworks) + " can have networks");
  }
  std::array<NetworkMap::Labels, kSides> labels;
  for (std::size_t s = 0; s < kSides; ++s) {
    const std::vector<std::int16_t>& nearest = found.labels.label[s];
    for (std::size_t n = 0; n < nearest.size(); ++n) {
      const bool own = index_of(found.pieces[at(found.of_node[n])].side) == static_cast<int>(s);
      const std::int16_t piece = number[at(nearest[n])];
      labels[s].push_back(own ? piece : static_cast<std::int16_t>(-1 - piece));
    }
  }
  if (labels[0].empty() && labels[1].empty()) return {};
  return {found.labels.cells, std::move(labels)};
}

}  // namespace

NetworkMap piece_networks(const Problem& problem, ThreadPool& pool) {
  const InterfaceSampler interface(problem.box, problem.level_set, pool);
  const Points surface = draw_interface(interface, 0, pool).points;  // of one seed: pieces do not depend on it
  for (const int cells : kLabelGrids) {
    const LabelledPieces found = label_pieces(problem, surface, pool, cells, problem.periodic_axes());
    const std::optional<Meeting> meeting = find_meeting(found);
    const LabelledPieces::Piece* hidden = find_hidden(found);
    if (hidden == nullptr && !meeting) return map_of(found);
    if (cells != kLabelGrids.back()) continue;
    if (hidden != nullptr) refuse(*hidden);
    refuse(*meeting, found, problem.box);
  }
  return {};
}

}  // namespace nbm
