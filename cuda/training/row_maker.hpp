#pragma once
#include <memory>

#include "core/runtime.hpp"
#include "nbm/training/options.hpp"
#include "problem/field_view.hpp"
#include "rows/device_rows.hpp"

namespace nbm::cuda {

// Makes the rows of a draw on the device, in the order and with the numbers of the CPU backend but for round-off. The
// points of an interface start from triangles that the host finds once. All work goes to one stream.
//
// A problem with a host callback, with walls whose flux is given, or an expression too long for the registers of the
// device, cannot be evaluated there: its rows are then made on the host and copied (slow: the device waits for the host
// in every draw).
class DeviceRowMaker {
 public:
  // Throws InvalidArgument, InvalidField.
  DeviceRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks, cudaStream_t stream);
  ~DeviceRowMaker();

  // The same draws once more, with memory for rows of its own and on another stream, so that one draw can be made while
  // another is used; the numbers of rows that there is room for follow each other. Null where the host makes the rows.
  // Waits for the stream of this one.
  std::unique_ptr<DeviceRowMaker> beside(cudaStream_t stream) const;

  // As TrainingBackend::use_groups. In grid mode rows are made all the same, and count for nothing.
  void use_groups(const PerGroup<bool>& used);

  // The share of this rank in draw number `draw` (in grid mode: of that batch, epochs following each other).
  // Equal to prepare() and enqueue(). The pointers belong to this object; they and `most` change only when a draw needs
  // more memory than any before.
  const DeviceRows& assemble(index_t draw, Vec3<double> cell_size);

  // The two halves: prepare() puts what tells one draw from another into device memory, enqueue() launches. What
  // enqueue() launches is the same for every draw of one cell size between two that return true from prepare(), so a
  // graph that recorded it stays good. With callbacks prepare() does all the work.
  bool prepare(index_t draw, Vec3<double> cell_size);
  const DeviceRows& enqueue();

  // Whether the rows in place, or prepared, are those of this draw.
  bool holds(index_t draw, Vec3<double> cell_size) const;
  // Those prepared.
  const DeviceRows& rows() const;
  // Waits for the stream. Throws InvalidField, and holds the draw no longer, if a coefficient had a value of no use in
  // it.
  DeviceRowCounts counts();
  // What kernels found amiss, in device memory; null where the host makes the rows.
  const FieldFault* fault() const;
  // Forgets what kernels found amiss, and the draw in which they did. Waits for the stream.
  void clear_fault();
  // Whether prepare() waits for the device, from what the last one did: rows are made by the host, or there may be so
  // many irregular ones that it reads their number.
  bool waits() const;
  // Whether every field can be evaluated on the device.
  bool on_device() const;

 private:
  struct State;
  explicit DeviceRowMaker(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace nbm::cuda
