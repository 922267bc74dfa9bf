// Writes past the caches.
#pragma once

#include <cstdint>
#include <cstring>

#include "scan.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

// Sanitizers see the stores that the compiler makes, but not those in assembly.
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SNN_STREAMS_BY_ASSEMBLY
#endif

namespace snn::cpu {

// An output of this many bytes or more is written past the caches. It would push other data out of them, and its cache
// lines would be read before they are overwritten. Only whole lines can be written so.
constexpr int64_t kStreamed = int64_t(1) << 22;

inline bool streams(const void* data, int64_t bytes, int64_t row_bytes) {
#if defined(__SSE2__)
  return bytes >= kStreamed && reinterpret_cast<uintptr_t>(data) % 64 == 0 && row_bytes % 64 == 0;
#else
  return false;
#endif
}

// Write one vector past the caches. The address must be a multiple of its size. The rest of its cache line should
// follow soon.
template <class V>
SNN_INLINE void stream(const V& values, void* to) {
#if defined(__clang__)
  __builtin_nontemporal_store(values, static_cast<V*>(to));
#elif defined(SNN_STREAMS_BY_ASSEMBLY)
  char (&place)[sizeof(V)] = *static_cast<char (*)[sizeof(V)]>(to);
  if constexpr (sizeof(V) == 16)
    asm("movntps %1, %0" : "=m"(place) : "x"(values));
  else
    asm("vmovntps %1, %0" : "=m"(place) : "v"(values));
#else
  std::memcpy(to, &values, sizeof(V));
#endif
}

// Call this after the last such write of a thread. These writes are not ordered with others. Without this call, another
// thread could learn that the work is done before it can see the data.
inline void finish_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace snn::cpu
