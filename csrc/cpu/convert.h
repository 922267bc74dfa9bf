// Converts rows between the type of a tensor and the type that arithmetic is done in.
#pragma once

#include <torch/headeronly/core/ScalarType.h>

#include <algorithm>
#include <cstdint>

namespace snn::cpu {

using torch::headeronly::ScalarType;

// `count` values of a tensor in the compute type. If they have it, they are used in place. Else they are converted to
// `buffer`.
const float* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, float* buffer);
const double* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, double* buffer);

// Where to write values for `store_row`: in the tensor if it has their type, else in `buffer`.
float* row_target(ScalarType type, void* data, int64_t offset, float* buffer);
double* row_target(ScalarType type, void* data, int64_t offset, double* buffer);

// Convert the values in the buffer, rounding to nearest even. Values that were written in place need nothing.
void store_row(ScalarType type, const float* row, int64_t count, void* data, int64_t offset);
void store_row(ScalarType type, const double* row, int64_t count, void* data, int64_t offset);

// The same, but the row is always copied to or from its buffer.
template <class C>
void fetch_row(ScalarType type, const void* data, int64_t offset, int64_t count, C* buffer) {
  const C* row = load_row(type, data, offset, count, buffer);
  if (row != buffer) std::copy_n(row, count, buffer);
}

template <class C>
void put_row(ScalarType type, C* buffer, int64_t count, void* data, int64_t offset) {
  C* row = row_target(type, data, offset, buffer);
  if (row != buffer) std::copy_n(buffer, count, row);
  store_row(type, buffer, count, data, offset);
}

}  // namespace snn::cpu
