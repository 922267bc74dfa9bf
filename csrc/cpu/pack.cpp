#include "pack.h"

#include <algorithm>

#include "processor.h"
#include "vectors.h"

namespace snn::cpu {
namespace {

template <class C>
SNN_INLINE unsigned char eight(const C* spikes) {
  using V = Vector<C, 16>;
  uint64_t bits = 0;
  for (int64_t i = 0; i < 8; i += kLanes<V>) bits |= nonzero(load<V>(spikes + i)) << i;
  return static_cast<unsigned char>(bits);
}

template <class C>
SNN_INLINE void pack(const C* spikes, int64_t count, unsigned char* bits) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) bits[i / 8] = eight(spikes + i);
  if (i == count) return;
  C last[8] = {};
  std::copy_n(spikes + i, count - i, last);
  bits[i / 8] = eight(last);
}

}  // namespace

void pack_row(const float* spikes, int64_t count, void* bits) {
  call<pack<float>>(spikes, count, static_cast<unsigned char*>(bits));
}
void pack_row(const double* spikes, int64_t count, void* bits) {
  call<pack<double>>(spikes, count, static_cast<unsigned char*>(bits));
}

}  // namespace snn::cpu
