// From a tensor on the host to the type of its elements in device code.
#pragma once

#define USE_CUDA  // shows the CUDA part of torch's C interface, if it comes before all of torch
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>
#include <torch/csrc/stable/accelerator.h>
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/macros.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include "../sizes.h"

namespace snn::cuda {

// Calls `run`, on the device of x, with a value of the type in which x has its elements in device code.
template <class Run>
auto with_type(const Tensor& x, const Run& run) {
  const torch::stable::accelerator::DeviceGuard guard(x.get_device_index());
  switch (x.scalar_type()) {
    case ScalarType::Double:
      return run(double());
    case ScalarType::Float:
      return run(float());
    case ScalarType::BFloat16:
      return run(__nv_bfloat16());
    case ScalarType::Half:
      return run(__half());
    default:
      STD_TORCH_CHECK(false, "x must be float64, float32, bfloat16 or float16");
  }
}

inline cudaStream_t current_stream(int32_t device) {
  void* stream = nullptr;
  TORCH_ERROR_CODE_CHECK(aoti_torch_get_current_cuda_stream(device, &stream));
  return static_cast<cudaStream_t>(stream);
}

}  // namespace snn::cuda
