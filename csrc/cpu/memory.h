// Hints to the memory system: neither changes a value.
#pragma once

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace snn::cpu {

// Ask for a row before it is used. Rows of one block lie a whole time step apart, a pattern in which every row starts
// on a page that the hardware's own prefetcher has not seen.
inline void prefetch_row(const void* row, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(row) + i, 0, 2);
}

// Ask for huge pages under a large output: the first touch of small ones costs more than all arithmetic.
inline void advise_huge_pages(void* data, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr uintptr_t kHugePage = uintptr_t(1) << 21;
  const uintptr_t address = reinterpret_cast<uintptr_t>(data);
  const uintptr_t begin = (address + kHugePage - 1) & ~(kHugePage - 1), end = (address + bytes) & ~(kHugePage - 1);
  // A refusal is no error: the memory is the same, only slower to touch.
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace snn::cpu
