#include <new>

#include "c_api/handles.hpp"
#include "nbm/core/build_info.hpp"

namespace nbm::c_api {
namespace {

thread_local std::string last_error;

nbm_status keep(nbm_status status, const char* text) noexcept {
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();  // no memory for the text
  }
  return status;
}

}  // namespace

nbm_status status_of_current_exception() noexcept {
  try {
    throw;
  } catch (const InvalidArgument& e) {
    return keep(NBM_INVALID_ARGUMENT, e.what());
  } catch (const InvalidField& e) {
    return keep(NBM_INVALID_FIELD, e.what());
  } catch (const NonFiniteLoss& e) {
    return keep(NBM_NON_FINITE_LOSS, e.what());
  } catch (const BackendUnavailable& e) {
    return keep(NBM_BACKEND_UNAVAILABLE, e.what());
  } catch (const FileError& e) {
    return keep(NBM_FILE_ERROR, e.what());
  } catch (const RankFailure& e) {
    return keep(NBM_RANK_FAILURE, e.what());
  } catch (const RanksDiverged& e) {
    return keep(NBM_RANKS_DIVERGED, e.what());
  } catch (const std::bad_alloc&) {
    return keep(NBM_OUT_OF_MEMORY, "not enough memory");
  } catch (const std::exception& e) {
    return keep(NBM_ERROR, e.what());
  } catch (...) {
    return keep(NBM_ERROR, "an exception that is not a std::exception");
  }
}

}  // namespace nbm::c_api

const char* nbm_last_error(void) { return nbm::c_api::last_error.c_str(); }

const char* nbm_version(void) {
  static const std::string version = nbm::build_info().version;
  return version.c_str();
}
