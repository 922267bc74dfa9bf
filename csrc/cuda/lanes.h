// Neighbouring neurons of one thread as one value: operators work lane by lane, as they do on a CPU's vectors.
#pragma once

#include <limits>

namespace snn {

template <class C, int N>
struct Lanes {
  using Number = C;
  static constexpr int kCount = N;

  C lane[N];
};

template <int N, class Function>
SNN_INLINE auto lanes_of(const Function& function) {
  Lanes<decltype(function(0)), N> result;
#pragma unroll
  for (int i = 0; i < N; ++i) result.lane[i] = function(i);
  return result;
}

// The same number in every lane.
template <class L>
SNN_INLINE L splat(typename L::Number number) {
  return lanes_of<L::kCount>([=](int) { return number; });
}

#define SNN_LANEWISE(OPERATOR)                                                    \
  template <class C, int N>                                                       \
  SNN_INLINE auto operator OPERATOR(const Lanes<C, N>& a, const Lanes<C, N>& b) { \
    return lanes_of<N>([&](int i) { return a.lane[i] OPERATOR b.lane[i]; });      \
  }
SNN_LANEWISE(+)
SNN_LANEWISE(-)
SNN_LANEWISE(*)
SNN_LANEWISE(<)
SNN_LANEWISE(<=)
SNN_LANEWISE(>)
SNN_LANEWISE(>=)
SNN_LANEWISE(==)
SNN_LANEWISE(!=)
#undef SNN_LANEWISE

template <int N>
SNN_INLINE Lanes<bool, N> operator&(const Lanes<bool, N>& a, const Lanes<bool, N>& b) {
  return lanes_of<N>([&](int i) { return a.lane[i] && b.lane[i]; });
}

template <int N>
SNN_INLINE Lanes<bool, N> operator|(const Lanes<bool, N>& a, const Lanes<bool, N>& b) {
  return lanes_of<N>([&](int i) { return a.lane[i] || b.lane[i]; });
}

template <int N>
SNN_INLINE Lanes<bool, N> operator~(const Lanes<bool, N>& x) {
  return lanes_of<N>([&](int i) { return !x.lane[i]; });
}

template <class C, int N>
SNN_INLINE Lanes<C, N> operator-(const Lanes<C, N>& x) {
  return lanes_of<N>([&](int i) { return -x.lane[i]; });
}

#define SNN_COMPARISON(NAME, OPERATOR)           \
  template <class L>                             \
  SNN_INLINE auto NAME(const L& a, const L& b) { \
    return a OPERATOR b;                         \
  }
SNN_FOR_EACH_COMPARISON(SNN_COMPARISON)
#undef SNN_COMPARISON

// What a CPU's compiler needs.
template <class L>
SNN_INLINE L settled(const L& value) {
  return value;
}

template <class C, int N>
SNN_INLINE Lanes<C, N> choose(const Lanes<bool, N>& condition, const Lanes<C, N>& a, const Lanes<C, N>& b) {
  return lanes_of<N>([&](int i) { return condition.lane[i] ? a.lane[i] : b.lane[i]; });
}

template <int N>
SNN_INLINE Lanes<double, N> operator/(const Lanes<double, N>& a, const Lanes<double, N>& b) {
  return lanes_of<N>([&](int i) { return a.lane[i] / b.lane[i]; });
}

// The quotient rounded to nearest, where neither number is near the ends of the exponent's range: by Newton's method,
// with the last rounding right by Markstein (1990), doi:10.1147/rd.341.0111.
SNN_INLINE float divide_usual(float a, float b) {
  float guess;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(guess) : "f"(b));
  const float reciprocal = fmaf(fmaf(-b, guess, 1.0f), guess, guess);
  const float quotient = a * reciprocal;
  return fmaf(fmaf(-b, quotient, a), reciprocal, quotient);
}

// Whether Newton's method serves for all lanes. A NaN, which it makes a NaN, may be among them.
template <int N>
SNN_INLINE bool usual(const Lanes<float, N>& x) {
  float smallest = fabsf(x.lane[0]), largest = smallest;
#pragma unroll
  for (int i = 1; i < N; ++i) {
    smallest = fminf(smallest, fabsf(x.lane[i]));
    largest = fmaxf(largest, fabsf(x.lane[i]));
  }
  return !(smallest < 0x1p-60f) && !(largest > 0x1p60f);
}

// IEEE division. By itself that has a branch for unusual numbers in each lane, and no lane is computed beside another.
// Here all lanes have one.
template <int N>
SNN_INLINE Lanes<float, N> operator/(const Lanes<float, N>& a, const Lanes<float, N>& b) {
  if (usual(a) && usual(b)) return lanes_of<N>([&](int i) { return divide_usual(a.lane[i], b.lane[i]); });
  return lanes_of<N>([&](int i) { return a.lane[i] / b.lane[i]; });
}

template <class C>
constexpr C kSmallestNumber = std::numeric_limits<C>::denorm_min();

// The Heaviside function of the distance to threshold: at the threshold itself a neuron fires unless `strict`. A kernel
// learns only at run time whether it is. What is above 0 is at least the smallest number, so that one comparison does;
// a CPU may have been told to take that number for 0.
template <class C, int N>
SNN_INLINE Lanes<C, N> fires(const Lanes<C, N>& distance, bool strict) {
  const C least = strict ? kSmallestNumber<C> : C(0);
  return lanes_of<N>([&](int i) { return distance.lane[i] >= least ? C(1) : C(0); });
}

template <class C, int N>
SNN_INLINE Lanes<C, N> absolute(const Lanes<C, N>& x) {
  return lanes_of<N>([&](int i) { return fabs(x.lane[i]); });
}

template <class C, int N>
SNN_INLINE Lanes<C, N> exponential(const Lanes<C, N>& x) {
  return lanes_of<N>([&](int i) { return exp(x.lane[i]); });
}

template <int N>
SNN_INLINE Lanes<float, N> square_root(const Lanes<float, N>& x) {
  return lanes_of<N>([&](int i) { return __fsqrt_rn(x.lane[i]); });
}

template <int N>
SNN_INLINE Lanes<double, N> square_root(const Lanes<double, N>& x) {
  return lanes_of<N>([&](int i) { return __dsqrt_rn(x.lane[i]); });
}

template <class C, int N>
SNN_INLINE Lanes<C, N> round_down(const Lanes<C, N>& x) {
  return lanes_of<N>([&](int i) { return floor(x.lane[i]); });
}

}  // namespace snn
