// Rows of tensors, in whatever type these have, on their way to and from vectors of the type of all arithmetic.
#pragma once

#include <cstdint>
#include <type_traits>

#include "element_type.h"
#include "halves.h"
#include "prefetch.h"
#include "stream.h"
#include "vectors.h"

namespace snn::cpu {

// Neurons of a strip: whole lines of memory, and whole groups of vectors.
constexpr int64_t kStrip = 64;

// Vectors of a group at most: enough that no step waits for the one before it.
constexpr int kMostVectors = 4;

// A strip's values of some time steps, `stride` bytes apart; the same row at all of them where that is 0.
struct Rows {
  const char* data;
  int64_t stride;
  ElementType type;
};

// What becomes of a row: it is stored, past the caches if it is streamed (then a line is whole and written once), it is
// added to what is there, in the type of all arithmetic, or a bit is stored for each value that is not 0.
enum class Way { kStored, kStreamed, kAdded, kPacked };

struct WrittenRows {
  char* data;
  int64_t stride;
  ElementType type;
  Way way;
};

// Strips from one that is computed to one whose values are asked for: those of the next would come too late.
constexpr int64_t kAhead = 4;

// The values of a strip to come at one step.
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

// The values of a step for the group of neurons that begins at `begin`, and those of a strip to come asked for.
template <bool kPrefetch = true, class V, int kVectors>
SNN_INLINE void read(const Rows& rows, int64_t step, int64_t begin, V (&values)[kVectors]) {
  const char* row = rows.data + step * rows.stride;
  if constexpr (std::is_same_v<Element<V>, float>) {
    if (rows.type == ElementType::kBFloat16) return read_as<BFloat16, kPrefetch>(row, begin, values);
    if (rows.type == ElementType::kHalf) return read_as<Half, kPrefetch>(row, begin, values);
  }
  read_as<Element<V>, kPrefetch>(row, begin, values);
}

// The same, of rows that are of the type of all arithmetic.
template <class V, int kVectors>
SNN_INLINE void read_whole(const Rows& rows, int64_t step, int64_t begin, V (&values)[kVectors]) {
  read_as<Element<V>, true>(rows.data + step * rows.stride, begin, values);
}

// A line that is streamed is best written in one go: other stores in between may send it to memory in parts.
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

// The same rows of the type of all arithmetic, of which each is stored.
template <class V, int kVectors>
SNN_INLINE void write_whole(const V (&values)[kVectors], const WrittenRows& rows, int64_t step, int64_t begin) {
  write_lines(values, rows.data + step * rows.stride + begin * sizeof(Element<V>), rows.way == Way::kStreamed);
}

// Values are rounded to the type of a row; spikes are exact in any, and nothing else is packed.
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
