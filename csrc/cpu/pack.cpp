#include "pack.h"

#include <cstring>

#include "clones.h"

namespace snn::cpu {
namespace {

// Eight bytes of 0 or 1 become eight bits: the product moves byte i to bit 56 + i, and no two terms meet.
inline unsigned char gather(const unsigned char* flags) {
  uint64_t word;
  std::memcpy(&word, flags, 8);
  return static_cast<unsigned char>(word * 0x0102040810204080 >> 56);
}

// By way of bytes, which compilers know how to make of whole vectors of comparisons.
template <class C>
SNN_CLONES void pack(const C* spikes, int64_t count, unsigned char* bits) {
  constexpr int64_t kBlock = 64;
  int64_t i = 0;
  unsigned char flags[kBlock];
  for (; i + kBlock <= count; i += kBlock) {
    for (int64_t j = 0; j < kBlock; ++j) flags[j] = spikes[i + j] != C(0);
    for (int64_t j = 0; j < kBlock; j += 8) bits[(i + j) / 8] = gather(flags + j);
  }
  std::memset(flags, 0, kBlock);
  for (int64_t j = 0; i + j < count; ++j) flags[j] = spikes[i + j] != C(0);
  for (int64_t j = 0; i + j < count; j += 8) bits[(i + j) / 8] = gather(flags + j);
}

template <class C>
SNN_CLONES void add(const C* row, int64_t count, C* sum) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) sum[i] += row[i];
}

}  // namespace

void pack_row(const float* spikes, int64_t count, void* bits) {
  pack(spikes, count, static_cast<unsigned char*>(bits));
}
void pack_row(const double* spikes, int64_t count, void* bits) {
  pack(spikes, count, static_cast<unsigned char*>(bits));
}
void add_row(const float* row, int64_t count, float* sum) { add(row, count, sum); }
void add_row(const double* row, int64_t count, double* sum) { add(row, count, sum); }

}  // namespace snn::cpu
