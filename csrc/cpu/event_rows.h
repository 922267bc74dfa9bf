// Sums of the rows of a matrix that lists of events name: the inner loops, on panels of a few columns.
#pragma once

#include <cstdint>

namespace snn::cpu {

// Columns of a panel, and source rows in a block of it: a block stays in the first-level cache, and a row's sum in
// registers.
template <class C>
constexpr int64_t kPanelWidth = 128 / sizeof(C);
constexpr int64_t kPanelRows = 192;

// sums[r] += the rows of `panel` that list r names, one after the other, for the lists that begin at offsets[0],
// offsets[1], ..., offsets[targets]. Rows of `panel` and `sums` have kPanelWidth columns and lie on cache lines.
void add_events(const float* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, float* sums);
void add_events(const double* panel, const int64_t* offsets, const uint16_t* indices, int64_t targets, double* sums);

// to[j, i] = from[i, j] for i < rows, j < columns.
void transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride);
void transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride);

}  // namespace snn::cpu
