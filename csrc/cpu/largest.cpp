#include "largest.h"

namespace snn::cpu {
namespace {

struct LargestLoop {
  template <class V, class C = Element<V>>
  SNN_INLINE static void run(Largest<C> strip) {
    using Steps = Vector<Whole<C>, sizeof(V)>;
    for (int64_t i = 0; i < kStrip; i += kLanes<V>) {
      V best = load<V>(strip.best + i);
      Steps index = load<Steps>(strip.index + i);
      for (int64_t step = 0; step < strip.steps; ++step) {
        const V value = load<V>(strip.values + step * kStrip + i);
        const auto better = greater(value, best) | (not_equal(value, value) & equal(best, best));
        best = choose(better, value, best);
        index = choose(better, Steps{} + static_cast<Whole<C>>(strip.first + step), index);
      }
      store(best, strip.best + i);
      store(index, strip.index + i);
    }
  }
};

}  // namespace

template <class C>
void keep_largest(const Largest<C>& strip) {
  widest<LargestLoop, Largest, C>()(strip);
}

template void keep_largest(const Largest<float>&);
template void keep_largest(const Largest<double>&);

}  // namespace snn::cpu
