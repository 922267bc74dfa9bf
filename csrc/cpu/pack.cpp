#include "pack.h"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "clones.h"

namespace snn::cpu {
namespace {

#if defined(__SSE2__)
// The signs of a comparison's lanes as bits, which compilers do not find in a loop over spikes.
inline unsigned char eight(const float* spikes) {
  const __m128 low = _mm_cmpneq_ps(_mm_loadu_ps(spikes), _mm_setzero_ps());
  const __m128 high = _mm_cmpneq_ps(_mm_loadu_ps(spikes + 4), _mm_setzero_ps());
  return static_cast<unsigned char>(_mm_movemask_ps(low) | _mm_movemask_ps(high) << 4);
}
#endif

template <class C>
unsigned char eight(const C* spikes) {
  unsigned char bits = 0;
  for (int bit = 0; bit < 8; ++bit) bits |= static_cast<unsigned char>((spikes[bit] != C(0)) << bit);
  return bits;
}

template <class C>
SNN_CLONES void pack(const C* spikes, int64_t count, unsigned char* bits) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) bits[i / 8] = eight(spikes + i);
  if (i == count) return;
  C last[8] = {};
  std::copy_n(spikes + i, count - i, last);
  bits[i / 8] = eight(last);
}

template <class C>
SNN_CLONES void add(const C* __restrict row, int64_t count, C* __restrict sum) {
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
