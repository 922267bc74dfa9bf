// Vectors of float from and to the types of 16 bits, in registers, as torch converts: to the nearest, ties to even.
#pragma once

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <utility>

#include "vectors.h"

// Compilers that know how a processor converts float16; for x86, GCC 12 does not.
#if defined(__clang__) || defined(__aarch64__)
#define SNN_CONVERTS_HALF
#endif

namespace snn::cpu {

using torch::headeronly::BFloat16;
using torch::headeronly::Half;

// As many lanes as a vector of float has.
template <class V>
using Bits32 = Vector<uint32_t, sizeof(V)>;
template <class V>
using Bits16 = Vector<uint16_t, sizeof(V) / 2>;

template <class V>
using TwiceBits16 = Vector<uint16_t, sizeof(V)>;

template <class V, size_t... kLane>
SNN_INLINE TwiceBits16<V> upper_halves(Bits32<V> low, Bits32<V> high, std::index_sequence<kLane...>) {
  return __builtin_shufflevector((TwiceBits16<V>)low, (TwiceBits16<V>)high, 2 * kLane + 1 ...);
}

// Behind zeros: the lanes from kFirst on, of which a vector of float has so many.
template <class V, int kFirst, size_t... kLane>
SNN_INLINE V as_upper_halves(TwiceBits16<V> bits, std::index_sequence<kLane...>) {
  return (V)__builtin_shufflevector(bits, TwiceBits16<V>{}, (kLane % 2 == 0 ? 2 * kLanes<V> : kFirst + kLane / 2)...);
}

template <class V>
SNN_INLINE void widen(const BFloat16* from, V& low, V& high) {
  TwiceBits16<V> bits;
  std::memcpy(&bits, from, sizeof(bits));
  low = as_upper_halves<V, 0>(bits, std::make_index_sequence<2 * kLanes<V>>());
  high = as_upper_halves<V, kLanes<V>>(bits, std::make_index_sequence<2 * kLanes<V>>());
}

template <class V, size_t... kLane>
SNN_INLINE TwiceBits16<V> join(Bits16<V> low, Bits16<V> high, std::index_sequence<kLane...>) {
  return __builtin_shufflevector(low, high, kLane...);
}

// Rounded to what the upper 16 bits can say, unless that is known to be exact.
template <bool kExact, class V>
SNN_INLINE Bits32<V> round_to_upper(V values) {
  const Bits32<V> bits = (Bits32<V>)values;
  if constexpr (kExact) return bits;
  const Bits32<V> rounded = bits + 0x7fff + (bits >> 16 & 1);
  return values == values ? rounded : rounded - rounded + 0x7fc00000;
}

template <bool kExact, class V>
SNN_INLINE TwiceBits16<V> narrow(V low, V high, BFloat16) {
  return upper_halves<V>(round_to_upper<kExact>(low), round_to_upper<kExact>(high),
                         std::make_index_sequence<2 * kLanes<V>>());
}

// Processors have an instruction for it, but x86 ones whose vectors have 16 bytes (for more, `widest` asks for F16C).
template <class V>
SNN_INLINE V widen_one(Bits16<V> bits) {
#if defined(SNN_CONVERTS_HALF)
  return __builtin_convertvector((Vector<_Float16, sizeof(V) / 2>)bits, V);
#else
#if defined(__x86_64__)
  if constexpr (sizeof(V) > 16) {
    V values;
    asm("vcvtph2ps %1, %0" : "=v"(values) : "v"(bits));
    return values;
  }
#endif
  const Bits32<V> wide = __builtin_convertvector(bits, Bits32<V>), exponent_and_mantissa = (wide & 0x7fff) << 13;
  const Bits32<V> normal = exponent_and_mantissa + (uint32_t(127 - 15) << 23);
  const Bits32<V> special = normal + (uint32_t(127 - 15) << 23);  // infinity or NaN
  // The mantissa of a number from 1/2 on, in units of 2^-24.
  const Bits32<V> subnormal = (Bits32<V>)((V)((wide & 0x3ff) + 0x3f000000) - splat<V>(0.5f));
  const Bits32<V> magnitude = exponent_and_mantissa < (1u << 23)    ? subnormal
                              : exponent_and_mantissa < (31u << 23) ? normal
                                                                    : special;
  return (V)(magnitude | (wide & 0x8000) << 16);
#endif
}

template <class V>
SNN_INLINE void widen(const Half* from, V& low, V& high) {
  Bits16<V> bits[2];
  std::memcpy(bits, from, sizeof(bits));
  low = widen_one<V>(bits[0]), high = widen_one<V>(bits[1]);
}

template <class V>
SNN_INLINE Bits16<V> narrow_one(V values) {
#if defined(SNN_CONVERTS_HALF)
  return (Bits16<V>)__builtin_convertvector(values, Vector<_Float16, sizeof(V) / 2>);
#else
#if defined(__x86_64__)
  if constexpr (sizeof(V) > 16) {
    Bits16<V> narrowed;
    asm("vcvtps2ph $0, %1, %0" : "=v"(narrowed) : "v"(values));
    return narrowed;
  }
#endif
  constexpr uint32_t kInfinity = (127 + 16) << 23, kSmallest = (127 - 14) << 23;  // of what has 16 bits
  const Bits32<V> bits = (Bits32<V>)values, magnitude = bits & 0x7fffffff;
  const Bits32<V> bounded = magnitude < kInfinity ? magnitude : magnitude - magnitude + kInfinity;
  const Bits32<V> normal = (bounded + 0xfff + (bounded >> 13 & 1) - (uint32_t(127 - 15) << 23)) >> 13;
  // Added to 1/2, a number is rounded to units of 2^-24.
  const Bits32<V> subnormal = (Bits32<V>)((V)bounded + splat<V>(0.5f)) - 0x3f000000;
  const Bits32<V> finite = bounded < kSmallest ? subnormal : normal;
  const Bits32<V> narrowed = values == values ? finite : finite - finite + 0x7e00;
  return __builtin_convertvector(narrowed | (bits >> 16 & 0x8000), Bits16<V>);
#endif
}

template <bool, class V>
SNN_INLINE TwiceBits16<V> narrow(V low, V high, Half) {
  return join<V>(narrow_one(low), narrow_one(high), std::make_index_sequence<2 * kLanes<V>>());
}

}  // namespace snn::cpu
