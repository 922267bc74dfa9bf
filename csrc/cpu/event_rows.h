// The inner loops of the event-driven product: sum the rows of a matrix that lists of events name, on panels of a few
// columns.
#pragma once

#include <cstdint>

namespace snn::cpu {

// The most columns and the most rows of a panel. The sum of a row stays in registers, a panel in the second-level
// cache.
template <class C>
constexpr int64_t kPanelWidth = 256 / sizeof(C);
constexpr int64_t kPanelRows = 1024;

// How many columns the panels of a matrix have: as few as it needs, in whole cache lines.
template <class C>
int64_t panel_width(int64_t columns) {
  int64_t width = kPanelWidth<C>;
  while (width > 64 / int64_t(sizeof(C)) && width / 2 >= columns) width /= 2;
  return width;
}

// sums[r] = firsts[r] + the rows of `panel` that list r names, one after the other, for the lists that begin at
// offsets[0], offsets[1], ..., offsets[targets]. Rows have `width` columns, a panel_width. Those of `panel` lie on
// cache lines, one after the other; those of `firsts`, which may be `sums` itself, and of `sums` lie first_stride and
// sum_stride apart.
void add_events(const float* panel, int64_t width, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const float* firsts, int64_t first_stride, float* sums, int64_t sum_stride);
void add_events(const double* panel, int64_t width, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const double* firsts, int64_t first_stride, double* sums, int64_t sum_stride);

// to[j, i] = from[i, j] for i < rows, j < columns.
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride);
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride);

}  // namespace snn::cpu
