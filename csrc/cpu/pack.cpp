#include "pack.h"

#include <algorithm>
#include <cstring>

#include "vectors.h"

namespace snn::cpu {
namespace {

constexpr int64_t kWord = 64;  // spikes packed at once

template <class C>
struct Packing {
  const C* spikes;
  int64_t count;
  char* bits;
};

struct PackLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static uint64_t word(const C* spikes) {
    uint64_t bits = 0;
#pragma GCC unroll 32
    for (int64_t i = 0; i < kWord; i += kLanes<V>) bits |= nonzero(load<V>(spikes + i)) << i;
    return bits;
  }

  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Packing<C> row) {
    int64_t i = 0;
    for (; i + kWord <= row.count; i += kWord) {
      const uint64_t bits = word<V>(row.spikes + i);
      std::memcpy(row.bits + i / 8, &bits, sizeof(bits));
    }
    if (i == row.count) return;
    C last[kWord] = {};
    std::copy_n(row.spikes + i, row.count - i, last);
    const uint64_t bits = word<V>(last);
    std::memcpy(row.bits + i / 8, &bits, packed_bytes(row.count - i));
  }
};

template <class C>
struct Unpacking {
  const char* bits;
  int64_t count;
  C* spikes;
};

struct UnpackLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void word(uint64_t bits, C* spikes) {
    using Bits = Vector<std::conditional_t<sizeof(C) == 4, uint32_t, uint64_t>, sizeof(V)>;
    Bits bit_of_lane;
    for (int64_t lane = 0; lane < kLanes<V>; ++lane) bit_of_lane[lane] = Element<Bits>(1) << lane;
#pragma GCC unroll 32
    for (int64_t i = 0; i < kWord; i += kLanes<V>) {
      const Bits of_lanes = (Bits{} + static_cast<Element<Bits>>(bits >> i)) & bit_of_lane;
      store(of_lanes != 0 ? splat<V>(1) : V{}, spikes + i);
    }
  }

  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Unpacking<C> row) {
    int64_t i = 0;
    uint64_t bits = 0;
    for (; i + kWord <= row.count; i += kWord) {
      std::memcpy(&bits, row.bits + i / 8, sizeof(bits));
      word<V>(bits, row.spikes + i);
    }
    if (i == row.count) return;
    C last[kWord];
    std::memcpy(&bits, row.bits + i / 8, packed_bytes(row.count - i));
    word<V>(bits, last);
    std::copy_n(last, row.count - i, row.spikes + i);
  }
};

}  // namespace

void pack_row(const float* spikes, int64_t count, void* bits) {
  widest<PackLoop, Packing, float>()({spikes, count, static_cast<char*>(bits)});
}
void pack_row(const double* spikes, int64_t count, void* bits) {
  widest<PackLoop, Packing, double>()({spikes, count, static_cast<char*>(bits)});
}
void unpack_row(const void* bits, int64_t count, float* spikes) {
  widest<UnpackLoop, Unpacking, float>()({static_cast<const char*>(bits), count, spikes});
}
void unpack_row(const void* bits, int64_t count, double* spikes) {
  widest<UnpackLoop, Unpacking, double>()({static_cast<const char*>(bits), count, spikes});
}

}  // namespace snn::cpu
