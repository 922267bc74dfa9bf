// Sums of the rows of a matrix that lists of events name: the inner loops, on panels of a few columns.
#pragma once

#include <cstdint>

namespace snn::cpu {

// Columns of a panel, and most of its rows: a row's sum stays in registers, a panel in the second-level cache.
template <class C>
constexpr int64_t kPanelWidth = 256 / sizeof(C);
constexpr int64_t kPanelRows = 1024;

// sums[r] = firsts[r] + the rows of `panel` that list r names, one after the other, for the lists that begin at
// offsets[0], offsets[1], ..., offsets[targets]. Rows have kPanelWidth columns. Those of `panel` lie on cache lines,
// one after the other; those of `firsts`, which may be `sums` itself, and of `sums` lie first_stride and sum_stride
// apart.
void add_events(const float* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const float* firsts, int64_t first_stride, float* sums, int64_t sum_stride);
void add_events(const double* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets,
                const double* firsts, int64_t first_stride, double* sums, int64_t sum_stride);

// to[j, i] = from[i, j] for i < rows, j < columns.
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride);
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride);

}  // namespace snn::cpu
