#include "event_rows.h"

#include "clones.h"

namespace snn::cpu {
namespace {

template <class C>
SNN_CLONES void add(const C* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, C* sums) {
  constexpr int64_t kWidth = kPanelWidth<C>;
  for (int64_t target = 0; target < targets; ++target) {
    C* sum = sums + target * kWidth;
    for (int64_t event = offsets[target]; event < offsets[target + 1]; ++event) {
      const C* row = panel + indices[event] * kWidth;
      for (int64_t i = 0; i < kWidth; ++i) sum[i] += row[i];
    }
  }
}

template <class C>
SNN_CLONES void turn(const C* from, int64_t from_stride, int64_t rows, int64_t columns, C* to, int64_t to_stride) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
}

}  // namespace

void add_events(const float* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, float* sums) {
  add(panel, offsets, indices, targets, sums);
}
void add_events(const double* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, double* sums) {
  add(panel, offsets, indices, targets, sums);
}
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
  turn(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride) {
  turn(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace snn::cpu
