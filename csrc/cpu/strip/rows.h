// Reads rows of tensors of any type into vectors of float or double, and writes such vectors to rows.
#pragma once

#include <cstdint>
#include <type_traits>

#include "element_type.h"
#include "halves.h"
#include "prefetch.h"
#include "stream.h"
#include "vectors.h"

namespace snn::cpu {

// The neurons of a strip. They fill whole cache lines and whole groups of vectors.
constexpr int64_t kStrip = 64;

// The most vectors in a group: so many that no step waits for the result of the step before it.
constexpr int kMostVectors = 4;

// The values of a strip at some time steps. The rows of two steps are `stride` bytes apart. If `stride` is 0, all steps
// have the same row.
struct Rows {
  const char* data;
  int64_t stride;
  ElementType type;
};

// How a row is written:
// - kStored: it is stored.
// - kStreamed: it is stored past the caches. Every cache line must be whole and written once.
// - kAdded: it is added to the values in memory, which are float or double as in arithmetic.
// - kPacked: a bit is stored for each value, 1 if the value is not 0.
enum class Way { kStored, kStreamed, kAdded, kPacked };

struct WrittenRows {
  char* data;
  int64_t stride;
  ElementType type;
  Way way;
};

// How many strips ahead values are prefetched. One strip ahead would be too late.
constexpr int64_t kAhead = 4;

// Prefetch the values of a later strip at one step.
SNN_INLINE void prefetch_row(const Rows& rows, int64_t step) {
  const int64_t size = rows.type == ElementType::kDouble ? 8 : rows.type == ElementType::kFloat ? 4 : 2;
  prefetch(rows.data + step * rows.stride + kAhead * kStrip * size, kStrip * size);
}

template <class Stored, bool kPrefetch, class V, int kVectors>
SNN_INLINE void read_as(const char* row, int64_t begin, V (&values)[kVectors]) {
  const Stored* from = reinterpret_cast<const Stored*>(row) + begin;
  if (kPrefetch) prefetch(from + kAhead * kStrip, kVectors * kLanes<V> * sizeof(Stored));
  if constexpr (std::is_same_v<Stored, Element<V>>)
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) values[i] = load<V>(from + i * kLanes<V>);
  else
#pragma GCC unroll 4
    for (int i = 0; i < kVectors / 2; ++i) widen(from + 2 * i * kLanes<V>, values[2 * i], values[2 * i + 1]);
}

// Read the values of a step for the group of neurons that begins at `begin`, and prefetch those of a later strip.
template <bool kPrefetch = true, class V, int kVectors>
SNN_INLINE void read(const Rows& rows, int64_t step, int64_t begin, V (&values)[kVectors]) {
  const char* row = rows.data + step * rows.stride;
  if constexpr (std::is_same_v<Element<V>, float>) {
    if (rows.type == ElementType::kBFloat16) return read_as<BFloat16, kPrefetch>(row, begin, values);
    if (rows.type == ElementType::kHalf) return read_as<Half, kPrefetch>(row, begin, values);
  }
  read_as<Element<V>, kPrefetch>(row, begin, values);
}

// The same, if the rows already have the type of the vectors.
template <class V, int kVectors>
SNN_INLINE void read_whole(const Rows& rows, int64_t step, int64_t begin, V (&values)[kVectors]) {
  read_as<Element<V>, true>(rows.data + step * rows.stride, begin, values);
}

// Write all vectors of a streamed cache line one after the other. Other stores in between may send it to memory in
// parts.
template <class V, int kCount>
SNN_INLINE void write_lines(const V (&values)[kCount], char* to, bool streamed) {
  if (kCount * sizeof(V) >= 64 && streamed) {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) stream(values[i], to + i * sizeof(V));
  } else {
#pragma GCC unroll 4
    for (int i = 0; i < kCount; ++i) std::memcpy(to + i * sizeof(V), &values[i], sizeof(V));
  }
}

template <class Stored, bool kSpikes, class V, int kVectors>
SNN_INLINE void write_narrow(const V (&values)[kVectors], char* to, bool streamed) {
  TwiceBits16<V> pairs[kVectors / 2];
#pragma GCC unroll 4
  for (int i = 0; i < kVectors / 2; ++i) pairs[i] = narrow<kSpikes>(values[2 * i], values[2 * i + 1], Stored());
  write_lines(pairs, to, streamed);
}

template <class V, int kVectors>
SNN_INLINE void write_bits(const V (&values)[kVectors], char* row, int64_t begin) {
  uint64_t bits = 0;
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) bits |= nonzero(values[i]) << i * kLanes<V>;
  std::memcpy(row + begin / 8, &bits, kVectors * kLanes<V> / 8);
}

template <class V, int kVectors>
SNN_INLINE void add(const V (&values)[kVectors], char* row, int64_t begin) {
  Element<V>* sum = reinterpret_cast<Element<V>*>(row) + begin;
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) store(load<V>(sum + i * kLanes<V>) + values[i], sum + i * kLanes<V>);
}

// The same for rows that are stored and already have the type of the vectors.
template <class V, int kVectors>
SNN_INLINE void write_whole(const V (&values)[kVectors], const WrittenRows& rows, int64_t step, int64_t begin) {
  write_lines(values, rows.data + step * rows.stride + begin * sizeof(Element<V>), rows.way == Way::kStreamed);
}

// Values are rounded to the type of the row. Spikes are exact in any type, and only spikes are packed.
template <bool kSpikes, class V, int kVectors>
SNN_INLINE void write(const V (&values)[kVectors], const WrittenRows& rows, int64_t step, int64_t begin) {
  char* row = rows.data + step * rows.stride;
  if (rows.way == Way::kAdded) return add(values, row, begin);
  if (kSpikes && rows.way == Way::kPacked) return write_bits(values, row, begin);
  const bool streamed = rows.way == Way::kStreamed;
  if constexpr (std::is_same_v<Element<V>, float>) {
    if (rows.type == ElementType::kBFloat16)
      return write_narrow<BFloat16, kSpikes>(values, row + begin * sizeof(BFloat16), streamed);
    if (rows.type == ElementType::kHalf)
      return write_narrow<Half, kSpikes>(values, row + begin * sizeof(Half), streamed);
  }
  write_whole(values, rows, step, begin);
}

}  // namespace snn::cpu
