// Reads memory into the cache before it is needed, where the hardware's prefetcher does not.
#pragma once

#include <cstdint>

#include "scan.h"

namespace snn::cpu {

// Read memory into the second-level cache. Rows are often a power of two apart, and then the rows of a chunk share few
// places of the first-level cache. An address past the end of a tensor is harmless, because this is only a hint.
SNN_INLINE void prefetch(const void* data, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(data) + i, 0, 2);
}

}  // namespace snn::cpu
