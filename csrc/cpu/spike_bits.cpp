#include "spike_bits.h"

#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/headeronly/util/Exception.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <tuple>
#include <type_traits>

#include "../sizes.h"
#include "convert.h"
#include "large.h"
#include "pack.h"
#include "parallel.h"
#include "strip/processor.h"

namespace snn::cpu {
namespace {

using torch::stable::Tensor;

constexpr int64_t kChunk = 1024;     // spikes converted at once: they stay in the first-level cache
constexpr int64_t kGrain = 1 << 15;  // spikes below which a second thread costs more than it saves

template <class C>
SNN_INLINE bool binary(const C* values, int64_t count) {
  std::conditional_t<sizeof(C) == 4, int32_t, int64_t> others = 0;  // as wide as a value, for vectors of them
  for (int64_t i = 0; i < count; ++i) others |= (values[i] != C(0)) & (values[i] != C(1));
  return others == 0;
}

// The first value of a tensor that is neither 0 nor 1.
class Stray {
 public:
  void found(int64_t place, double value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (place >= place_) return;
    place_ = place, value_ = value;
  }
  double value() const { return value_; }

 private:
  std::mutex mutex_;
  int64_t place_ = std::numeric_limits<int64_t>::max();
  double value_ = 0;
};

template <class C>
void pack_rows(const Tensor& spikes, int64_t first, int64_t last, unsigned char* bits, Stray& stray) {
  const int64_t inner = spikes.size(1);
  C buffer[kChunk];
  for (int64_t row = first; row < last; ++row)
    for (int64_t begin = 0; begin < inner; begin += kChunk) {
      const int64_t count = std::min(kChunk, inner - begin), place = row * inner + begin;
      const C* values = load_row(spikes.scalar_type(), spikes.const_data_ptr(), place, count, buffer);
      pack_row(values, count, bits + row * packed_bytes(inner) + begin / 8);
      if (call<binary<C>>(values, count)) continue;
      const C* other = std::find_if(values, values + count, [](C value) { return value != C(0) && value != C(1); });
      stray.found(place + (other - values), *other);
    }
}

template <class C>
void unpack_rows(const unsigned char* bits, int64_t first, int64_t last, Tensor& spikes) {
  const int64_t inner = spikes.size(1);
  C buffer[kChunk];
  for (int64_t row = first; row < last; ++row)
    for (int64_t begin = 0; begin < inner; begin += kChunk) {
      const int64_t count = std::min(kChunk, inner - begin), place = row * inner + begin;
      C* values = row_target(spikes.scalar_type(), spikes.mutable_data_ptr(), place, buffer);
      unpack_row(bits + row * packed_bytes(inner) + begin / 8, count, values);
      store_row(spikes.scalar_type(), values, count, spikes.mutable_data_ptr(), place);
    }
}

}  // namespace

void unpack(const Tensor& bits, Tensor& spikes) {
  const unsigned char* data = static_cast<const unsigned char*>(bits.const_data_ptr());
  parallel_for(0, spikes.size(0), grain(kGrain, spikes.size(1)), [&](int64_t first, int64_t last) {
    if (spikes.scalar_type() == ScalarType::Double)
      unpack_rows<double>(data, first, last, spikes);
    else
      unpack_rows<float>(data, first, last, spikes);
  });
}

namespace {

std::tuple<Tensor, Tensor> native_pack(Tensor spikes) {
  check_floating(spikes.scalar_type(), "spikes");
  STD_TORCH_CHECK(spikes.dim() == 2, "spikes must be [rows, inner]");
  spikes = in_order(spikes);
  const int64_t rows = spikes.size(0), inner = spikes.size(1);
  Tensor bits = empty({rows, packed_bytes(inner)}, ScalarType::Byte);
  Tensor other = torch::stable::new_empty(spikes, {1}, ScalarType::Double);
  unsigned char* data = static_cast<unsigned char*>(bits.mutable_data_ptr());
  Stray stray;
  parallel_for(0, rows, grain(kGrain, inner), [&](int64_t first, int64_t last) {
    if (spikes.scalar_type() == ScalarType::Double)
      pack_rows<double>(spikes, first, last, data, stray);
    else
      pack_rows<float>(spikes, first, last, data, stray);
  });
  *static_cast<double*>(other.mutable_data_ptr()) = stray.value();
  return {bits, other};
}

Tensor native_unpack(Tensor bits, int64_t inner, ScalarType dtype) {
  STD_TORCH_CHECK(bits.scalar_type() == ScalarType::Byte && bits.dim() == 2 && bits.is_contiguous() &&
                      bits.size(1) == packed_bytes(inner),
                  "bits must be contiguous, uint8 [rows, ceil(inner / 8)]");
  check_floating(dtype, "spikes");
  Tensor spikes = empty({bits.size(0), inner}, dtype);
  unpack(bits, spikes);
  return spikes;
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) {
  library.impl("native_pack", TORCH_BOX(&native_pack));
  library.impl("native_unpack", TORCH_BOX(&native_unpack));
}

}  // namespace snn::cpu
