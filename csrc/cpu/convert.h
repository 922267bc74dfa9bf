// Rows between the type that a tensor has in memory and the type of all arithmetic.
#pragma once

#include <torch/headeronly/core/ScalarType.h>

#include <algorithm>
#include <cstdint>

namespace snn::cpu {

using torch::headeronly::ScalarType;

// `count` values of a tensor as the compute type: where they lie if they are of that type, else converted to `buffer`.
const float* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, float* buffer);
const double* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, double* buffer);

// Where to write values that `store_row` then puts into a tensor: in place if they are of its type, else `buffer`.
float* row_target(ScalarType type, void* data, int64_t offset, float* buffer);
double* row_target(ScalarType type, void* data, int64_t offset, double* buffer);

// Converts what was written to the buffer, rounding to nearest even; nothing is left to do in place.
void store_row(ScalarType type, const float* row, int64_t count, void* data, int64_t offset);
void store_row(ScalarType type, const double* row, int64_t count, void* data, int64_t offset);

// The same by copies, where a row is wanted in its buffer whatever its type.
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
