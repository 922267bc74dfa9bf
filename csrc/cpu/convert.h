// Rows between the type that a tensor has in memory and the type of all arithmetic.
#pragma once

#include <torch/headeronly/core/ScalarType.h>

#include <cstdint>

namespace snn::cpu {

using torch::headeronly::ScalarType;

// `count` values of a tensor as the compute type.
void load_row(ScalarType type, const void* data, int64_t count, float* row);
void load_row(ScalarType type, const void* data, int64_t count, double* row);

// The reverse, rounding to nearest even.
void store_row(ScalarType type, const float* row, int64_t count, void* data);
void store_row(ScalarType type, const double* row, int64_t count, void* data);

}  // namespace snn::cpu
