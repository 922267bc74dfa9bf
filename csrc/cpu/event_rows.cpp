#include "event_rows.h"

#include <algorithm>

#include "strip/prefetch.h"
#include "strip/processor.h"
#include "strip/vectors.h"

namespace snn::cpu {
namespace {

// How many sums before its turn one's place is asked for: rows of an output lie in different pages, and hardware does
// not look beyond one.
constexpr int64_t kAhead = 8;

template <class C>
struct Events {
  const C* panel;
  int64_t width;
  const int64_t* offsets;
  const uint16_t* indices;
  int64_t targets;
  const C* firsts;
  int64_t first_stride;
  C* sums;
  int64_t sum_stride;
};

struct AddLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Events<C> events) {
    constexpr int64_t kWidth = kPanelWidth<C>;
    if (events.width == kWidth) return add<V, kWidth>(events);
    if (events.width == kWidth / 2) return add<V, kWidth / 2>(events);
    add<V, kWidth / 4>(events);
  }

  template <class V, int64_t kWidth, class C = Element<V>>
  SNN_INLINE static void add(Events<C> events) {
    constexpr int kSums = kWidth / kLanes<V>;
    for (int64_t target = 0; target < events.targets; ++target) {
      const C* first = events.firsts + target * events.first_stride;
      C* to = events.sums + target * events.sum_stride;
      prefetch(to + kAhead * events.sum_stride, kWidth * sizeof(C));
      V sum[kSums];
#pragma GCC unroll 16
      for (int i = 0; i < kSums; ++i) sum[i] = load<V>(first + i * kLanes<V>);
      const uint16_t* end = events.indices + events.offsets[target + 1];
      for (const uint16_t* event = events.indices + events.offsets[target]; event < end; ++event) {
        const C* row = events.panel + *event * kWidth;
#pragma GCC unroll 16
        for (int i = 0; i < kSums; ++i) sum[i] += load<V>(row + i * kLanes<V>);
      }
#pragma GCC unroll 16
      for (int i = 0; i < kSums; ++i) store(sum[i], to + i * kLanes<V>);
    }
  }
};

// By tiles whose lines stay in the first-level cache.
template <class C>
SNN_INLINE void transpose_tiles(const C* from, int64_t from_stride, int64_t rows, int64_t columns, C* to,
                                int64_t to_stride) {
  constexpr int64_t kTile = 64 / sizeof(C);
  for (int64_t column = 0; column < columns; column += kTile)
    for (int64_t row = 0; row < rows; row += kTile)
      for (int64_t j = column; j < std::min(column + kTile, columns); ++j)
        for (int64_t i = row; i < std::min(row + kTile, rows); ++i) to[j * to_stride + i] = from[i * from_stride + j];
}

}  // namespace

void add_events(const float* panel, int64_t width, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const float* firsts, int64_t first_stride, float* sums, int64_t sum_stride) {
  widest<AddLoop, Events, float>()({panel, width, offsets, indices, targets, firsts, first_stride, sums, sum_stride});
}
void add_events(const double* panel, int64_t width, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const double* firsts, int64_t first_stride, double* sums, int64_t sum_stride) {
  widest<AddLoop, Events, double>()({panel, width, offsets, indices, targets, firsts, first_stride, sums, sum_stride});
}
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
  call<transpose_tiles<float>>(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride) {
  call<transpose_tiles<double>>(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace snn::cpu
