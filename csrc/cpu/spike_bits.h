// Spike trains as bits, whole tensors of them.
#pragma once

#include <torch/csrc/stable/tensor.h>

namespace snn::cpu {

// Unpack bits, uint8 [rows, ceil(inner / 8)], to spikes, 0 or 1, in a [rows, inner] tensor of any floating-point type.
void unpack(const torch::stable::Tensor& bits, torch::stable::Tensor& spikes);

}  // namespace snn::cpu
