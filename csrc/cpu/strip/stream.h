// Writes past the caches.
#pragma once

#include <cstdint>
#include <cstring>

#include "scan.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

// A sanitizer sees what a compiler writes, not what assembly does.
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SNN_STREAMS_BY_ASSEMBLY
#endif

namespace snn::cpu {

// Bytes beyond which an output is written past the caches: it would only wash them out, and a line need not be read
// before it is overwritten. Such writes are for whole lines.
constexpr int64_t kStreamed = int64_t(1) << 22;

inline bool streams(const void* data, int64_t bytes, int64_t row_bytes) {
#if defined(__SSE2__)
  return bytes >= kStreamed && reinterpret_cast<uintptr_t>(data) % 64 == 0 && row_bytes % 64 == 0;
#else
  return false;
#endif
}

// One vector, to a multiple of its size. The rest of its line should follow soon.
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

// After the last of a thread: such writes are not in order with others, so that without it another thread might be told
// that they are done before they are to be seen.
inline void finish_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace snn::cpu
