#pragma once
#include <memory>

#include "nbm/training/backend.hpp"

namespace nbm::cuda {

// Training on one GPU (cuda/training); throws BackendUnavailable where the backend is not built (cuda/stub.cpp).
NBM_EXPORT std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem,
                                                                  const TrainingOptions& options, int device, int rank,
                                                                  int ranks);

}  // namespace nbm::cuda
