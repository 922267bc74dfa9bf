// Compiles a function for AVX-512, AVX2 and the baseline. Each call chooses one of them.
#pragma once

#include "scan.h"

namespace snn::cpu {

#if defined(__x86_64__)
#define SNN_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define SNN_AVX2 __attribute__((target("avx2,f16c")))  // what has AVX2 has F16C, which not every compiler can ask for

inline bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
inline bool has_avx2() { return __builtin_cpu_supports("avx2"); }

template <auto kFunction, class... Arguments>
SNN_AVX512 auto call_with_avx512(Arguments... arguments) {
  return kFunction(arguments...);
}

template <auto kFunction, class... Arguments>
SNN_AVX2 auto call_with_avx2(Arguments... arguments) {
  return kFunction(arguments...);
}
#endif

// Call an SNN_INLINE function. It is inlined into code for this processor.
template <auto kFunction, class... Arguments>
auto call(Arguments... arguments) {
#if defined(__x86_64__)
  if (has_avx512()) return call_with_avx512<kFunction>(arguments...);
  if (has_avx2()) return call_with_avx2<kFunction>(arguments...);
#endif
  return kFunction(arguments...);
}

}  // namespace snn::cpu
