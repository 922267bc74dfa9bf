// Which GPUs the kernels are compiled for.
#include "arguments.h"

namespace snn::cuda {
namespace {

// It is compiled for the GPUs that all other kernels are compiled for.
__global__ void nothing() {}

}  // namespace

bool has_code_for_current() {
  cudaFuncAttributes attributes;
  const cudaError_t error = cudaFuncGetAttributes(&attributes, nothing);
  cudaGetLastError();  // the next launch would be told of it
  // Any other error is not about the code: who launches is told of that.
  return error != cudaErrorNoKernelImageForDevice && error != cudaErrorInvalidDeviceFunction &&
         error != cudaErrorUnsupportedPtxVersion;
}

}  // namespace snn::cuda
