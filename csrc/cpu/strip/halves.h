// Converts vectors of float from and to the types of 16 bits, in registers. Like torch, it rounds to the nearest, ties
// to even.
#pragma once

#include <utility>

#include "element_type.h"
#include "vectors.h"

// How vectors are converted to and from float16: by the compiler, by instructions of x86 (which what has vectors of
// more than 16 bytes has), or by arithmetic.
#if defined(__clang__)
#if defined(__aarch64__) || __clang_major__ >= 15
#define SNN_COMPILER_CONVERTS
#endif
#elif defined(__x86_64__)
#define SNN_F16C
#endif

namespace snn::cpu {

// Vectors of whole numbers, with as many lanes as a vector of float or with twice as many.
template <class V>
using Bits32 = Vector<uint32_t, sizeof(V)>;
template <class V>
using Bits16 = Vector<uint16_t, sizeof(V) / 2>;
template <class V>
using TwiceBits16 = Vector<uint16_t, sizeof(V)>;

// The lower (0) or the upper (1) halves of lanes of 32 bits.
template <int kUpper>
struct HalvesOfLanes {
  static constexpr uint16_t at(size_t lane) { return 2 * lane + kUpper; }
};

// The lanes from kFirst on, each behind one of the second vector, which is zero.
template <class V, int kFirst>
struct BehindZeros {
  static constexpr uint16_t at(size_t lane) { return lane % 2 == 0 ? 2 * kLanes<V> : kFirst + lane / 2; }
};

// The first halves of two vectors.
template <class V>
struct FirstHalves {
  static constexpr uint16_t at(size_t lane) { return lane < kLanes<V> ? lane : lane + kLanes<V>; }
};

template <class V>
SNN_INLINE void widen(const BFloat16* from, V& low, V& high) {
  TwiceBits16<V> bits;
  std::memcpy(&bits, from, sizeof(bits));
  low = (V)shuffle<BehindZeros<V, 0>>(bits, TwiceBits16<V>{});
  high = (V)shuffle<BehindZeros<V, kLanes<V>>>(bits, TwiceBits16<V>{});
}

// Round to a number that the upper 16 bits can hold, unless the value is known to be one.
template <bool kExact, class V>
SNN_INLINE TwiceBits16<V> round_to_upper(V values) {
  const Bits32<V> bits = (Bits32<V>)values;
  if constexpr (kExact) return (TwiceBits16<V>)bits;
  const Bits32<V> rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (TwiceBits16<V>)(values == values ? rounded : rounded - rounded + 0x7fc00000);
}

template <bool kExact, class V>
SNN_INLINE TwiceBits16<V> narrow(V low, V high, BFloat16) {
  return shuffle<HalvesOfLanes<1>>(round_to_upper<kExact>(low), round_to_upper<kExact>(high));
}

// Convert by arithmetic on integers.
template <class V>
SNN_INLINE V widen_bits(Bits32<V> wide) {
  const Bits32<V> exponent_and_mantissa = (wide & 0x7fff) << 13;
  const Bits32<V> normal = exponent_and_mantissa + (uint32_t(127 - 15) << 23);
  const Bits32<V> special = normal + (uint32_t(127 - 15) << 23);  // infinity or NaN
  // The mantissa of a number from 1/2 on, in units of 2^-24.
  const Bits32<V> subnormal = (Bits32<V>)((V)((wide & 0x3ff) + 0x3f000000) - splat<V>(0.5f));
  const Bits32<V> magnitude = exponent_and_mantissa < (1u << 23)    ? subnormal
                              : exponent_and_mantissa < (31u << 23) ? normal
                                                                    : special;
  return (V)(magnitude | (wide & 0x8000) << 16);
}

// The result is in the lower half of each lane.
template <class V>
SNN_INLINE TwiceBits16<V> narrow_bits(V values) {
  constexpr uint32_t kInfinity = (127 + 16) << 23, kSmallest = (127 - 14) << 23;  // of what has 16 bits
  const Bits32<V> bits = (Bits32<V>)values, magnitude = bits & 0x7fffffff;
  const Bits32<V> bounded = magnitude < kInfinity ? magnitude : magnitude - magnitude + kInfinity;
  const Bits32<V> normal = (bounded + 0xfff + (bounded >> 13 & 1) - (uint32_t(127 - 15) << 23)) >> 13;
  // Added to 1/2, a number is rounded to units of 2^-24.
  const Bits32<V> subnormal = (Bits32<V>)((V)bounded + splat<V>(0.5f)) - 0x3f000000;
  const Bits32<V> finite = bounded < kSmallest ? subnormal : normal;
  return (TwiceBits16<V>)((values == values ? finite : finite - finite + 0x7e00) | (bits >> 16 & 0x8000));
}

template <class V>
SNN_INLINE V widen_one(Bits16<V> bits) {
#if defined(SNN_COMPILER_CONVERTS)
  return __builtin_convertvector((Vector<_Float16, sizeof(V) / 2>)bits, V);
#else
#if defined(SNN_F16C)
  if constexpr (sizeof(V) > 16) {
    V values;
    asm("vcvtph2ps %1, %0" : "=v"(values) : "v"(bits));
    return values;
  }
#endif
  return widen_bits<V>(__builtin_convertvector(bits, Bits32<V>));
#endif
}

template <class V>
SNN_INLINE Bits16<V> load_bits(const Half* from) {
  Bits16<V> bits;
  std::memcpy(&bits, from, sizeof(bits));
  return bits;
}

template <class V>
SNN_INLINE void widen(const Half* from, V& low, V& high) {
  low = widen_one<V>(load_bits<V>(from)), high = widen_one<V>(load_bits<V>(from + kLanes<V>));
}

#if defined(SNN_F16C)
// The result is in the first half of the vector.
template <class V>
SNN_INLINE TwiceBits16<V> narrow_one(V values) {
  TwiceBits16<V> narrowed;
  if constexpr (sizeof(V) == 64)
    asm("vcvtps2ph $0, %1, %t0" : "=v"(narrowed) : "v"(values));
  else
    asm("vcvtps2ph $0, %1, %x0" : "=v"(narrowed) : "v"(values));
  return narrowed;
}
#endif

#if defined(SNN_COMPILER_CONVERTS)
template <class V, size_t... kLane>
SNN_INLINE TwiceBits16<V> narrow_both(V low, V high, std::index_sequence<kLane...>) {
  return (TwiceBits16<V>)__builtin_convertvector(__builtin_shufflevector(low, high, kLane...),
                                                 Vector<_Float16, sizeof(V)>);
}
#endif

template <bool, class V>
SNN_INLINE TwiceBits16<V> narrow(V low, V high, Half) {
#if defined(SNN_COMPILER_CONVERTS)
  return narrow_both(low, high, std::make_index_sequence<2 * kLanes<V>>());
#else
#if defined(SNN_F16C)
  if constexpr (sizeof(V) > 16) return shuffle<FirstHalves<V>>(narrow_one(low), narrow_one(high));
#endif
  return shuffle<HalvesOfLanes<0>>(narrow_bits(low), narrow_bits(high));
#endif
}

}  // namespace snn::cpu
