#include "pack.h"

#include "clones.h"

namespace snn::cpu {
namespace {

// Compiled to a comparison into a mask register, or to a compare and a move of signs.
template <class C>
SNN_CLONES void pack(const C* spikes, int64_t count, unsigned char* bits) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    unsigned byte = 0;
    for (int bit = 0; bit < 8; ++bit) byte |= unsigned(spikes[i + bit] != C(0)) << bit;
    bits[i / 8] = static_cast<unsigned char>(byte);
  }
  if (i == count) return;
  unsigned byte = 0;
  for (int bit = 0; i + bit < count; ++bit) byte |= unsigned(spikes[i + bit] != C(0)) << bit;
  bits[i / 8] = static_cast<unsigned char>(byte);
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
