#include "convert.h"

#include <cstring>

#include "runs.h"
#include "strip/halves.h"

namespace snn::cpu {
namespace {

template <class Stored>
struct WidenLoop {
  template <class V>
  SNN_INLINE static void run(Conversion<float> row) {
    for_runs<2 * kLanes<V>, Stored, float>(row, [](const Stored* from, float* to) __attribute__((always_inline)) {
      V low, high;
      widen(from, low, high);
      store(low, to), store(high, to + kLanes<V>);
    });
  }
};

template <class Stored>
struct NarrowLoop {
  template <class V>
  SNN_INLINE static void run(Conversion<float> row) {
    for_runs<2 * kLanes<V>, float, Stored>(row, [](const float* from, Stored* to) __attribute__((always_inline)) {
      const TwiceBits16<V> bits = narrow<false>(load<V>(from), load<V>(from + kLanes<V>), Stored());
      std::memcpy(to, &bits, sizeof(bits));
    });
  }
};

}  // namespace

const float* load_row(ScalarType type, const void* data, int64_t offset, int64_t count, float* buffer) {
  if (type == ScalarType::Float) return static_cast<const float*>(data) + offset;
  const Conversion<float> conversion{static_cast<const BFloat16*>(data) + offset, count, buffer};  // both have its size
  if (type == ScalarType::BFloat16)
    widest<WidenLoop<BFloat16>, Conversion, float>()(conversion);
  else
    widest<WidenLoop<Half>, Conversion, float>()(conversion);
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
  const Conversion<float> conversion{row, count, static_cast<BFloat16*>(data) + offset};
  if (type == ScalarType::BFloat16)
    widest<NarrowLoop<BFloat16>, Conversion, float>()(conversion);
  else if (type == ScalarType::Half)
    widest<NarrowLoop<Half>, Conversion, float>()(conversion);
}

void store_row(ScalarType, const double*, int64_t, void*, int64_t) {}

}  // namespace snn::cpu
