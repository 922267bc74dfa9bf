#include "convert.h"

#include <cstring>

#include "halves.h"

namespace snn::cpu {
namespace {

// A row, in one type and in another.
template <class C>
struct Conversion {
  const void* from;
  int64_t count;
  void* to;
};

// A function of so many values and of where to put them, for each such run of a row; what is left over goes through
// memory that has room for a whole run.
template <int64_t kRun, class From, class To, class Function>
SNN_INLINE void for_runs(Conversion<float> row, const Function& function) {
  const From* from = static_cast<const From*>(row.from);
  To* to = static_cast<To*>(row.to);
  int64_t i = 0;
  for (; i + kRun <= row.count; i += kRun) function(from + i, to + i);
  if (i == row.count) return;
  From last[kRun] = {};
  To converted[kRun];
  std::copy_n(from + i, row.count - i, last);
  function(last, converted);
  std::copy_n(converted, row.count - i, to + i);
}

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
