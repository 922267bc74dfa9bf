// Asking for memory before it is needed, where the hardware does not find out by itself.
#pragma once

#include <cstdint>

#include "scan.h"

namespace snn::cpu {

// Ask for memory that will be needed, in the second-level cache: rows are often a power of two apart, and then those of
// a chunk fall on few places of the first. Past the end of a tensor nothing is read: it is a hint.
SNN_INLINE void prefetch(const void* data, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(data) + i, 0, 2);
}

}  // namespace snn::cpu
