#pragma once
// The part of NCCL's interface that the backend uses, for ranks that are threads of one process, each with an emulated
// GPU (nccl.cpp). Its version is none that NCCL ever had, so that a true NCCL is not loaded in its place.
#include <cstddef>

#include "cuda_on_cpu/cuda_on_cpu.hpp"

#define NCCL_MAJOR 0

enum ncclResult_t { ncclSuccess = 0, ncclInvalidUsage = 5 };
enum ncclDataType_t { ncclDouble = 8 };
struct ncclUniqueId {
  char internal[128];
};
struct ncclComm;
using ncclComm_t = ncclComm*;

#define NBM_NCCL_ON_CPU extern "C" __attribute__((visibility("default")))
NBM_NCCL_ON_CPU ncclResult_t ncclGetUniqueId(ncclUniqueId* id);
NBM_NCCL_ON_CPU ncclResult_t ncclCommInitRank(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank);
NBM_NCCL_ON_CPU ncclResult_t ncclCommAbort(ncclComm_t communicator);
NBM_NCCL_ON_CPU ncclResult_t ncclAllGather(const void* from, void* to, std::size_t count, ncclDataType_t type,
                                           ncclComm_t communicator, cudaStream_t stream);
NBM_NCCL_ON_CPU const char* ncclGetErrorString(ncclResult_t status);

// For tests: how often a rank has gathered; and whether the ranks are refused, as those of two processes with one GPU.
NBM_NCCL_ON_CPU int nbm_nccl_gathers();
NBM_NCCL_ON_CPU void nbm_nccl_refuse(int refuse);
