#include "convert.h"

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <algorithm>

#include "clones.h"

namespace snn::cpu {
namespace {

using torch::headeronly::BFloat16;
using torch::headeronly::Half;

template <class From, class To>
SNN_CLONES void convert(const From* from, int64_t count, To* to) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

}  // namespace

void load_row(ScalarType type, const void* data, int64_t count, float* row) {
  if (type == ScalarType::Float)
    std::copy_n(static_cast<const float*>(data), count, row);
  else if (type == ScalarType::BFloat16)
    convert(static_cast<const BFloat16*>(data), count, row);
  else
    convert(static_cast<const Half*>(data), count, row);
}

void load_row(ScalarType, const void* data, int64_t count, double* row) {
  std::copy_n(static_cast<const double*>(data), count, row);
}

void store_row(ScalarType type, const float* row, int64_t count, void* data) {
  if (type == ScalarType::Float)
    std::copy_n(row, count, static_cast<float*>(data));
  else if (type == ScalarType::BFloat16)
    convert(row, count, static_cast<BFloat16*>(data));
  else
    convert(row, count, static_cast<Half*>(data));
}

void store_row(ScalarType, const double* row, int64_t count, void* data) {
  std::copy_n(row, count, static_cast<double*>(data));
}

}  // namespace snn::cpu
