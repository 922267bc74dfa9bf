#include "pack.h"

#include <cstring>

#include "runs.h"
#include "strip/rows.h"

namespace snn::cpu {
namespace {

struct PackLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Conversion<C> row) {
    for_runs<kStrip, C, char>(row, [](const C* spikes, char* bits) __attribute__((always_inline)) {
      for (int64_t begin = 0; begin < kStrip; begin += kMostVectors * kLanes<V>) {
        V values[kMostVectors];
#pragma GCC unroll 4
        for (int i = 0; i < kMostVectors; ++i) values[i] = load<V>(spikes + begin + i * kLanes<V>);
        write_bits(values, bits, begin);
      }
    });
  }
};

struct UnpackLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Conversion<C> row) {
    using Bits = Vector<std::conditional_t<sizeof(C) == 4, uint32_t, uint64_t>, sizeof(V)>;
    Bits bit_of_lane;
    for (int64_t lane = 0; lane < kLanes<V>; ++lane) bit_of_lane[lane] = Element<Bits>(1) << lane;
    for_runs<kStrip, char, C>(row, [&](const char* bits, C* spikes) __attribute__((always_inline)) {
      uint64_t word;
      std::memcpy(&word, bits, sizeof(word));
#pragma GCC unroll 32
      for (int64_t i = 0; i < kStrip; i += kLanes<V>) {
        const Bits chosen = (Bits{} + static_cast<Element<Bits>>(word >> i)) & bit_of_lane;
        store(chosen != 0 ? splat<V>(1) : V{}, spikes + i);
      }
    });
  }
};

}  // namespace

void pack_row(const float* spikes, int64_t count, void* bits) {
  widest<PackLoop, Conversion, float>()({spikes, count, bits});
}
void pack_row(const double* spikes, int64_t count, void* bits) {
  widest<PackLoop, Conversion, double>()({spikes, count, bits});
}
void unpack_row(const void* bits, int64_t count, float* spikes) {
  widest<UnpackLoop, Conversion, float>()({bits, count, spikes});
}
void unpack_row(const void* bits, int64_t count, double* spikes) {
  widest<UnpackLoop, Conversion, double>()({bits, count, spikes});
}

}  // namespace snn::cpu
