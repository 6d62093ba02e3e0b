#include "test_communicator.hpp"

namespace nbm::testing {

Communicator test_communicator() { return {}; }

}  // namespace nbm::testing
