// A group of neighbouring neurons on their way through time: what a step hands to the next stays in registers.
#pragma once

#include "stream.h"
#include "strips.h"
#include "vectors.h"

namespace snn::cpu {

// Vectors of a group: enough that no step waits for the one before it, few enough for the registers.
constexpr int kVectors = 4;

template <class V>
constexpr int64_t kGroup = kVectors * kLanes<V>;

// The values of some rows for a group of neurons. Rows are `spread` values apart in memory.
template <class V, int kRows>
struct Group {
  static_assert(kStrip % kGroup<V> == 0);
  V values[kVectors][kRows + 1];

  SNN_INLINE Group(const Element<V>* rows, int64_t spread) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i)
      for (int k = 0; k < kRows; ++k) values[i][k] = load<V>(rows + k * spread + i * kLanes<V>);
  }

  SNN_INLINE void put(Element<V>* rows, int64_t spread) const {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i)
      for (int k = 0; k < kRows; ++k) store(values[i][k], rows + k * spread + i * kLanes<V>);
  }
};

// Numbers that are the same for all neurons, known at run time only. Written to memory and read back each becomes one
// instruction, which `splat` of it does not for GCC 12.
template <class V, int kCount>
struct Constants {
  V values[kCount + 1];

  SNN_INLINE explicit Constants(const Element<V>* numbers) {
    for (int k = 0; k < kCount; ++k) {
      Element<V> lanes[kLanes<V>];
      for (auto& lane : lanes) lane = numbers[k];
      values[k] = load<V>(lanes);
    }
  }
};

// What a group gives in one step. A line that is streamed is best written in one go: other stores in between may send
// it to memory in parts.
template <class V>
SNN_INLINE void write(const V (&values)[kVectors], Element<V>* to, bool streamed) {
  if (streamed) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) stream(values[i], to + i * kLanes<V>);
  } else {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) store(values[i], to + i * kLanes<V>);
  }
}

// The same neurons of a strip to come, while these are computed: of the next one they would come too late.
template <class V>
SNN_INLINE void prefetch_ahead(const Element<V>* row) {
  prefetch(row + 4 * kStrip, kVectors * sizeof(V));
}

}  // namespace snn::cpu
