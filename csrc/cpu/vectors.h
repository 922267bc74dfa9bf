// Vectors as wide as the processor has them, and loops compiled for each width.
//
// GCC turns operations on vectors that are wider than the processor's into scalar code, so that a width is for those
// that have it.
#pragma once

#include <cstdint>
#include <cstring>

#include "../scan.h"

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

// The `run` of a loop, in vectors of a width.
template <class Loop, template <class> class Arguments, class C>
void run_in_16_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 16>>(arguments);
}

#if defined(__x86_64__)

template <class Loop, template <class> class Arguments, class C>
__attribute__((target("avx2"))) void run_in_32_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 32>>(arguments);
}

template <class Loop, template <class> class Arguments, class C>
__attribute__((target("avx512f"))) void run_in_64_bytes(const Arguments<C>& arguments) {
  Loop::template run<Vector<C, 64>>(arguments);
}

#endif

// The widest that this processor has.
template <class Loop, template <class> class Arguments, class C>
auto widest() -> void (*)(const Arguments<C>&) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return run_in_64_bytes<Loop, Arguments, C>;
  if (__builtin_cpu_supports("avx2")) return run_in_32_bytes<Loop, Arguments, C>;
#endif
  return run_in_16_bytes<Loop, Arguments, C>;
}

}  // namespace snn::cpu
