// Memory for large outputs.
#pragma once

#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/core/ScalarType.h>

#include <cstdint>
#include <vector>

namespace snn::cpu {

// An uninitialised, contiguous CPU tensor. A large one is in memory that a large one before it had, if there is some:
// the first touch of new pages costs more than the arithmetic of a neuron.
torch::stable::Tensor empty(const std::vector<int64_t>& sizes, torch::headeronly::ScalarType type);

}  // namespace snn::cpu
