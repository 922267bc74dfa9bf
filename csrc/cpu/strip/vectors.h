// Vectors as wide as the processor has them, and loops compiled for each width.
//
// GCC makes scalar code of vectors that are wider than the processor's. So each width is used only on processors that
// have it.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "processor.h"

#if defined(__clang__)
#if __has_feature(ext_vector_type_boolean)
#define SNN_HAS_BOOL_VECTORS
#endif
#endif

namespace snn::cpu {

template <class C, int kBytes>
struct VectorOf {
  typedef C type __attribute__((vector_size(kBytes)));
};

template <class C, int kBytes>
using Vector = typename VectorOf<C, kBytes>::type;

template <class V>
constexpr int64_t kLanes = sizeof(V) / sizeof(Element<V>);

template <class V>
SNN_INLINE V load(const Element<V>* from) {
  V values;
  std::memcpy(&values, from, sizeof(V));
  return values;
}

template <class V>
SNN_INLINE void store(const V& values, Element<V>* to) {
  std::memcpy(to, &values, sizeof(V));
}

template <class Lanes, class T, size_t... kLane>
SNN_INLINE T shuffle(T a, T b, std::index_sequence<kLane...>) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, Lanes::at(kLane)...);
#else
  return __builtin_shuffle(a, b, T{Lanes::at(kLane)...});
#endif
}

// A vector of lanes of two vectors of whole numbers. Lanes::at gives the index of each lane, and the lanes of the
// second vector are counted after those of the first.
template <class Lanes, class T>
SNN_INLINE T shuffle(T a, T b) {
  return shuffle<Lanes>(a, b, std::make_index_sequence<kLanes<T>>());
}

// Multiply the lower half of each lane of 64 bits by a number.
template <class T>
SNN_INLINE T multiply_lower(T values, uint32_t number) {
#if defined(__x86_64__) && !defined(__clang__)
  T product;
  const T numbers = T{} + uint64_t(number);
  if constexpr (sizeof(T) == 16)
    asm("pmuludq %2, %0" : "=x"(product) : "0"(values), "x"(numbers));
  else
    asm("vpmuludq %2, %1, %0" : "=v"(product) : "v"(values), "v"(numbers));
  return product;
#else
  return (values & 0xFFFFFFFFu) * number;
#endif
}

// A bit for each lane, 1 if the lane is not 0. The lowest bit is that of the first lane. Compilers do not find this
// instruction by themselves.
template <class V>
SNN_INLINE uint64_t nonzero(V values) {
#if defined(SNN_HAS_BOOL_VECTORS)
  typedef bool Mask __attribute__((ext_vector_type(kLanes<V>)));
  const Mask mask = __builtin_convertvector(values != V{}, Mask);
  uint64_t bits = 0;
  std::memcpy(&bits, &mask, sizeof(mask));
  return bits & ((uint64_t(1) << kLanes<V>)-1);
#elif defined(__x86_64__) && !defined(__clang__)
  constexpr bool kFloat = sizeof(Element<V>) == sizeof(float);
  if constexpr (sizeof(V) == 64) {
    unsigned short bits;
    if constexpr (kFloat)
      asm("vcmpneqps %2, %1, %0" : "=k"(bits) : "v"(values), "v"(V{}));
    else
      asm("vcmpneqpd %2, %1, %0" : "=k"(bits) : "v"(values), "v"(V{}));
    return bits;
  } else {
    uint32_t bits;
    const V signs = (V)(values != V{});
    if constexpr (sizeof(V) == 32 && kFloat)
      asm("vmovmskps %1, %0" : "=r"(bits) : "x"(signs));
    else if constexpr (sizeof(V) == 32)
      asm("vmovmskpd %1, %0" : "=r"(bits) : "x"(signs));
    else if constexpr (kFloat)
      asm("movmskps %1, %0" : "=r"(bits) : "x"(signs));
    else
      asm("movmskpd %1, %0" : "=r"(bits) : "x"(signs));
    return bits;
  }
#else
  uint64_t bits = 0;
  for (int64_t i = 0; i < kLanes<V>; ++i) bits |= uint64_t(values[i] != 0) << i;
  return bits;
#endif
}

// The `run` of a loop, with vectors of one width.
template <class Loop, template <class> class Arguments, class C>
void run_in_16_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 16>>(arguments);
}

#if defined(__x86_64__)

template <class Loop, template <class> class Arguments, class C>
SNN_AVX2 void run_in_32_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 32>>(arguments);
}

template <class Loop, template <class> class Arguments, class C>
SNN_AVX512 void run_in_64_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 64>>(arguments);
}

#endif

// `run` with the widest vectors that this processor has. All widths share the work among threads in the same way, so
// ThreadSanitizer checks only one.
template <class Loop, template <class> class Arguments, class C>
auto widest() -> void (*)(const Arguments<C>&) {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
  if (has_avx512()) return run_in_64_bytes<Loop, Arguments, C>;
  if (has_avx2()) return run_in_32_bytes<Loop, Arguments, C>;
#endif
  return run_in_16_bytes<Loop, Arguments, C>;
}

}  // namespace snn::cpu
