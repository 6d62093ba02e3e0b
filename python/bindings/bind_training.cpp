#include <nanobind/stl/array.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "nbm/solution/solution.hpp"
#include "nbm/training/held_out.hpp"
#include "nbm/training/trainer.hpp"

namespace nbm::python {
namespace {

Vec3<double> vector_of(const std::array<double, kDim>& v) { return {v[0], v[1], v[2]}; }

void bind_optimizers(nb::module_& m) {
  nb::class_<AdamOptions>(m, "AdamOptions")
      .def(nb::init<>())
      .def_rw("steps", &AdamOptions::steps)
      .def_rw("learning_rate", &AdamOptions::learning_rate)
      .def("set_schedule", [](AdamOptions& o, const std::string& name) { o.schedule = parse_rate_schedule(name); })
      .def_rw("final_fraction", &AdamOptions::final_fraction)
      .def_rw("beta1", &AdamOptions::beta1)
      .def_rw("beta2", &AdamOptions::beta2)
      .def_rw("epsilon", &AdamOptions::epsilon)
      .def_rw("clip_norm", &AdamOptions::clip_norm)
      .def_rw("local_steps", &AdamOptions::local_steps)
      .def("validate", &AdamOptions::validate);
  nb::class_<GaussNewtonOptions>(m, "GaussNewtonOptions")
      .def(nb::init<>())
      .def_rw("steps", &GaussNewtonOptions::steps)
      .def_rw("damping", &GaussNewtonOptions::damping)
      .def_rw("decrease", &GaussNewtonOptions::decrease)
      .def_rw("increase", &GaussNewtonOptions::increase)
      .def_rw("trials", &GaussNewtonOptions::trials)
      .def_rw("starts", &GaussNewtonOptions::starts)
      .def_rw("start_steps", &GaussNewtonOptions::start_steps)
      .def_rw("stop_fraction", &GaussNewtonOptions::stop_fraction)
      .def("set_system", [](GaussNewtonOptions& o, const std::string& name) { o.system = parse_linear_system(name); })
      .def("validate", &GaussNewtonOptions::validate);
}

void bind_observations(nb::module_& m) {
  nb::class_<Observations>(m, "Observations")
      .def(
          "__init__",
          [](Observations* self, const PointsArray& points, const ValuesArray& values, const ValuesArray& sigma) {
            new (self) Observations();
            self->points = points_of(points);
            self->values.assign(values.data(), values.data() + values.size());
            self->sigma.assign(sigma.data(), sigma.data() + sigma.size());
          },
          nb::arg("points"), nb::arg("values"), nb::arg("sigma"))
      .def("set_directions",
           [](Observations& o, const PointsArray& directions) { o.directions = points_of(directions); })
      .def("set_side",
           [](Observations& o, const std::string& side) {
             o.side.reset();
             if (!side.empty()) o.side = side == "minus" ? Side::minus : Side::plus;
           })
      .def_rw("name", &Observations::name)
      .def_rw("weight", &Observations::weight)
      .def_rw("per_draw", &Observations::per_draw);
}

void bind_options(nb::module_& m) {
  nb::class_<TrainingOptions>(m, "TrainingOptions")
      .def(nb::init<>())
      .def("set_network",
           [](TrainingOptions& o, std::vector<int> hidden, double omega, double gamma, const std::string& trained) {
             o.network = {std::move(hidden), omega, gamma, {}, parse_trained_layers(trained)};
           })
      .def("set_networks", [](TrainingOptions& o, const std::string& name) { o.networks = parse_networks(name); })
      .def("set_resolution",
           [](TrainingOptions& o, const std::array<double, kDim>& coarsest, int levels, const std::string& order) {
             o.resolution = {vector_of(coarsest), levels, parse_resolution_order(order)};
           })
      .def("set_samples",
           [](TrainingOptions& o, index_t regular, index_t irregular, index_t boundary, index_t refresh) {
             o.sampling.mode = SamplingOptions::Mode::fresh;
             o.sampling.counts = {regular, irregular, boundary};
             o.sampling.refresh = refresh;
           })
      .def("set_shares",
           [](TrainingOptions& o, double pieces, double sources) {
             o.sampling.shares = {pieces, sources};
           })
      .def("set_grid",
           [](TrainingOptions& o, index_t nodes, index_t batch) {
             o.sampling.mode = SamplingOptions::Mode::grid;
             o.sampling.grid_nodes = nodes;
             o.sampling.batch = batch;
           })
      .def_rw("value_scale", &TrainingOptions::value_scale)
      .def_rw("value_shift", &TrainingOptions::value_shift)
      .def("set_loss", [](TrainingOptions& o, const std::string& name) { o.loss = parse_loss(name); })
      .def("set_discretization",
           [](TrainingOptions& o, const std::string& name) { o.discretization = parse_discretization(name); })
      .def("set_precision", [](TrainingOptions& o, const std::string& name) { o.precision = parse_precision(name); })
      .def("set_optimizer", [](TrainingOptions& o, const OptimizerOptions& optimizer) { o.optimizer = optimizer; })
      .def("set_plateau",
           [](TrainingOptions& o, index_t window, double tolerance) {
             o.plateau = {window, tolerance};
           })
      .def("add_observations",
           [](TrainingOptions& o, const Observations& observations) { o.observations.push_back(observations); })
      .def("set_weights", [](TrainingOptions& o, const WeightFactors& weights) { o.weights = weights; })
      .def_rw("seed", &TrainingOptions::seed)
      .def_rw("threads", &TrainingOptions::threads)
      .def_rw("record_every", &TrainingOptions::record_every)
      .def_rw("check_every", &TrainingOptions::check_every)
      .def_rw("overlap", &TrainingOptions::overlap);
}

// What is recorded goes to Python as a dictionary: nbm.training names it.
nb::dict entry_of(const HistoryEntry& e, const std::vector<std::string>& groups) {
  nb::dict mean_squares, rows;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (e.rows[g] == 0) continue;
    mean_squares[groups[g].c_str()] = e.mean_squares[g];
    rows[groups[g].c_str()] = static_cast<index_t>(e.rows[g]);
  }
  nb::dict entry;
  entry["step"] = e.step;
  entry["loss"] = e.loss;
  entry["groups"] = mean_squares;
  entry["rows"] = rows;
  entry["rate"] = e.rate;
  entry["cell_size"] = e.cell_size;
  entry["seconds"] = e.seconds;
  entry["points_per_second"] = e.points_per_second;
  return entry;
}

using PythonCallback = std::function<bool(nb::dict)>;

// Steps without the GIL, but for the callback.
std::string run_steps(Trainer& trainer, index_t count, const PythonCallback& callback) {
  const GilReleased release;
  return to_string(trainer.step(count, [&](const HistoryEntry& entry) {
    const GilHeld acquire;
    return callback ? callback(entry_of(entry, trainer.group_names())) : false;
  }));
}

void bind_trainer(nb::module_& m) {
  nb::class_<Trainer>(m, "Trainer")
      .def(
          "__init__",
          [](Trainer* self, const Problem& problem, const TrainingOptions& options, const std::string& device,
             const Communicator& communicator) {
            const Device chosen = Device::parse(device, communicator.local_rank());
            const GilReleased release;
            new (self) Trainer(problem, options, chosen, communicator);
          },
          nb::arg("problem"), nb::arg("options"), nb::arg("device"), nb::arg("communicator"))
      .def("step", &run_steps, nb::arg("count"), nb::arg("callback").none())
      .def_prop_ro("steps_done", &Trainer::steps_done)
      .def_prop_ro("steps_total", &Trainer::steps_total)
      .def_prop_ro("stop_reason", [](const Trainer& t) { return to_string(t.stop_reason()); })
      .def_prop_ro("has_interface", &Trainer::has_interface)
      .def("history",
           [](const Trainer& t) {
             nb::list entries;
             for (const HistoryEntry& e : t.history()) entries.append(entry_of(e, t.group_names()));
             return entries;
           })
      .def_prop_ro("value_units",
                   [](const Trainer& t) {
                     const ValueScale units = t.options().values();
                     return std::tuple(units.scale, units.shift[0], units.shift[1]);
                   })
      .def("parameters", [](const Trainer& t) { return array_of(t.parameters()); })
      .def("set_parameters",
           [](Trainer& t, const ValuesArray& p) {
             t.set_parameters({p.data(), p.data() + p.size()});
           })
      .def("weights", &Trainer::weights)
      .def("set_weights", &Trainer::set_weights, nb::call_guard<GilReleased>())
      .def("solution", &Trainer::solution)
      .def("save_checkpoint", &Trainer::save_checkpoint, nb::call_guard<GilReleased>())
      .def("load_checkpoint", &Trainer::load_checkpoint, nb::call_guard<GilReleased>());
}

void bind_held_out(nb::module_& m) {
  nb::class_<HeldOutOptions>(m, "HeldOutOptions")
      .def(nb::init<>())
      .def("set_discretization",
           [](HeldOutOptions& o, const std::string& name) { o.discretization = parse_discretization(name); })
      .def("set_samples",
           [](HeldOutOptions& o, index_t regular, index_t irregular, index_t boundary) {
             o.counts = {regular, irregular, boundary};
           })
      .def("set_cell_size", [](HeldOutOptions& o, const std::array<double, kDim>& h) { o.cell_size = vector_of(h); })
      .def_rw("seed", &HeldOutOptions::seed)
      .def_rw("threads", &HeldOutOptions::threads);
  m.def(
      "held_out_residuals",
      [](const Problem& problem, const Solution& solution, const HeldOutOptions& options) {
        PerGroup<std::vector<double>> groups;
        {
          const GilReleased release;
          HeldOutOptions own = options;
          own.network_map = solution.network_map();
          groups = held_out_residuals(problem, solution.siren(), solution.parameters(), own);
        }
        nb::dict out;
        for (int g = 0; g < kStandardGroups; ++g) {
          std::vector<double>& residuals = groups[static_cast<std::size_t>(g)];
          if (!residuals.empty()) out[group_name(g).c_str()] = array_of(std::move(residuals));
        }
        return out;
      },
      nb::arg("problem"), nb::arg("solution"), nb::arg("options"));
}

}  // namespace

void bind_training(nb::module_& m) {
  bind_optimizers(m);
  bind_observations(m);
  bind_options(m);
  bind_trainer(m);
  bind_held_out(m);
}

}  // namespace nbm::python
