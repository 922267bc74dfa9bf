// A group of neighbouring neurons on their way through time: what a step hands to the next stays in registers.
#pragma once

#include "rows.h"

namespace snn::cpu {

// The values of some rows for a group of kVectors vectors of neurons. Rows are `spread` values apart in memory. Do not
// declare a Group const: GCC 12 would read it from the stack at each step.
template <class V, int kRows, int kVectors>
struct Group {
  static_assert(kStrip % (kVectors * kLanes<V>) == 0);
  V values[kVectors][kRows + 1];

  SNN_INLINE Group(const Element<V>* rows, int64_t spread) {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
#pragma GCC unroll 32
      for (int k = 0; k < kRows; ++k) values[i][k] = load<V>(rows + k * spread + i * kLanes<V>);
    }
  }

  SNN_INLINE void put(Element<V>* rows, int64_t spread) const {
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) {
#pragma GCC unroll 32
      for (int k = 0; k < kRows; ++k) store(values[i][k], rows + k * spread + i * kLanes<V>);
    }
  }
};

// A vector of one number that is known only at run time. It is written to memory and read back, which GCC 12 compiles
// to one instruction. It does not do so for `splat`.
template <class V>
SNN_INLINE V same(Element<V> number) {
  Element<V> lanes[kLanes<V>];
  for (auto& lane : lanes) lane = number;
  return load<V>(lanes);
}

}  // namespace snn::cpu
