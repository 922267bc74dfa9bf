#include "event_rows.h"

#include <algorithm>

#include "clones.h"

namespace snn::cpu {
namespace {

// 64 bytes: one, two or four registers. `Loose` may lie anywhere.
template <class C>
struct Vector {
  typedef C Type __attribute__((vector_size(64)));
  typedef C Loose __attribute__((vector_size(64), aligned(alignof(C)), may_alias));
};

template <class C>
SNN_CLONES void add(const C* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, const C* firsts,
                    int64_t first_stride, C* sums, int64_t sum_stride) {
  using Type = typename Vector<C>::Type;
  using Loose = typename Vector<C>::Loose;
  constexpr int64_t kWidth = kPanelWidth<C>;
  for (int64_t target = 0; target < targets; ++target) {
    const Loose* first = reinterpret_cast<const Loose*>(firsts + target * first_stride);
    Loose* sum = reinterpret_cast<Loose*>(sums + target * sum_stride);
    Type a = first[0], b = first[1], c = first[2], d = first[3];
    for (const uint16_t *event = indices + offsets[target], *end = indices + offsets[target + 1]; event < end;
         ++event) {
      const Type* row = reinterpret_cast<const Type*>(panel + *event * kWidth);
      a += row[0], b += row[1], c += row[2], d += row[3];
    }
    sum[0] = a, sum[1] = b, sum[2] = c, sum[3] = d;
  }
}

// By tiles whose lines stay in the first-level cache.
template <class C>
SNN_CLONES void turn(const C* from, int64_t from_stride, int64_t rows, int64_t columns, C* to, int64_t to_stride) {
  constexpr int64_t kTile = 64 / sizeof(C);
  for (int64_t column = 0; column < columns; column += kTile)
    for (int64_t row = 0; row < rows; row += kTile)
      for (int64_t j = column; j < std::min(column + kTile, columns); ++j)
        for (int64_t i = row; i < std::min(row + kTile, rows); ++i) to[j * to_stride + i] = from[i * from_stride + j];
}

}  // namespace

void add_events(const float* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const float* firsts, int64_t first_stride, float* sums, int64_t sum_stride) {
  add(panel, offsets, indices, targets, firsts, first_stride, sums, sum_stride);
}
void add_events(const double* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const double* firsts, int64_t first_stride, double* sums, int64_t sum_stride) {
  add(panel, offsets, indices, targets, firsts, first_stride, sums, sum_stride);
}
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
  turn(from, from_stride, rows, columns, to, to_stride);
}
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride) {
  turn(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace snn::cpu
