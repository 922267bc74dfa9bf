#include "convert.h"

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include "clones.h"

namespace snn::cpu {
namespace {

using torch::headeronly::BFloat16;
using torch::headeronly::Half;

template <class From, class To>
SNN_CLONES void convert(const From* __restrict from, int64_t count, To* __restrict to) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

}  // namespace

const float* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, float* buffer) {
  if (type == ScalarType::Float) return static_cast<const float*>(data) + offset;
  if (type == ScalarType::BFloat16)
    convert(static_cast<const BFloat16*>(data) + offset, count, buffer);
  else
    convert(static_cast<const Half*>(data) + offset, count, buffer);
  return buffer;
}

const double* load_row(ScalarType, const void* data, int64_t offset, int64_t, double*) {
  return static_cast<const double*>(data) + offset;
}

float* row_target(ScalarType type, void* data, int64_t offset, float* buffer) {
  return type == ScalarType::Float ? static_cast<float*>(data) + offset : buffer;
}

double* row_target(ScalarType, void* data, int64_t offset, double*) { return static_cast<double*>(data) + offset; }

void store_row(ScalarType type, const float* row, int64_t count, void* data, int64_t offset) {
  if (type == ScalarType::BFloat16)
    convert(row, count, static_cast<BFloat16*>(data) + offset);
  else if (type == ScalarType::Half)
    convert(row, count, static_cast<Half*>(data) + offset);
}

void store_row(ScalarType, const double*, int64_t, void*, int64_t) {}

}  // namespace snn::cpu
