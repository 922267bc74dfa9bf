// Written by snnkernels/emit/cpp.py from snnkernels/neurons.py: do not edit, run `make codegen`.
// clang-format off
#pragma once

#include "../cpu/strip/scan.h"

namespace snn {

#define SNN_FOR_EACH_NEURON(X) \
  X(lif_none) \
  X(lif_subtract_after_detached) \
  X(lif_subtract_before_detached) \
  X(lif_subtract_after_attached) \
  X(lif_subtract_before_attached) \
  X(lif_subtract_delayed_detached) \
  X(lif_subtract_delayed_attached) \
  X(lif_value_after_detached) \
  X(lif_value_before_detached) \
  X(lif_value_after_attached) \
  X(lif_value_before_attached)

struct lif_none {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    output = t4;
    next_state[0] = t2;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    kept[0] = t3;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C input_scale = constant[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_v + t0;
    const C t2 = -t0;
    const C t3 = t1 * input_scale;
    const C t4 = t1 * kept_0;
    const C t5 = t1 * beta;
    grad_x = t3;
    grad_state[0] = t5;
    grad_param[0] = t4;
    grad_param[1] = t2;
  }
};

struct lif_subtract_after_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    output = t4;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    kept[0] = t3;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C input_scale = constant[0];
    const C distance_0 = kept[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_v;
    const C t2 = t1 * t0;
    const C t3 = grad_output * derivative_0;
    const C t4 = grad_next_v + t3;
    const C t5 = -t3;
    const C t6 = t2 + t5;
    const C t7 = t4 * input_scale;
    const C t8 = t4 * kept_0;
    const C t9 = t4 * beta;
    grad_x = t7;
    grad_state[0] = t9;
    grad_param[0] = t8;
    grad_param[1] = t6;
  }
};

struct lif_subtract_before_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    kept[0] = t7;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = kept_0 - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = kept_0 - t2;
    const C t4 = grad_output * derivative_0;
    const C t5 = grad_next_v + t4;
    const C t6 = -t4;
    const C t7 = t5 * input_scale;
    const C t8 = t5 * t3;
    const C t9 = t5 * beta;
    const C t10 = -t9;
    const C t11 = t10 * t1;
    const C t12 = t6 + t11;
    grad_x = t7;
    grad_state[0] = t9;
    grad_param[0] = t8;
    grad_param[1] = t12;
  }
};

struct lif_subtract_after_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    output = t4;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    kept[0] = t3;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C distance_0 = kept[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_v;
    const C t2 = t1 * t0;
    const C t3 = t1 * threshold;
    const C t4 = grad_output + t3;
    const C t5 = t4 * derivative_0;
    const C t6 = grad_next_v + t5;
    const C t7 = -t5;
    const C t8 = t2 + t7;
    const C t9 = t6 * input_scale;
    const C t10 = t6 * kept_0;
    const C t11 = t6 * beta;
    grad_x = t9;
    grad_state[0] = t11;
    grad_param[0] = t10;
    grad_param[1] = t8;
  }
};

struct lif_subtract_before_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 2, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    kept[0] = t7;
    kept[1] = t0;
    kept[2] = t3;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C derivative_1 = Surrogate::derivative(kept[1], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C distance_1 = kept[1];
    const C kept_0 = kept[2];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_v + t1;
    const C t3 = -t1;
    const C t4 = t2 * input_scale;
    const C t5 = t2 * kept_0;
    const C t6 = t2 * beta;
    const C t7 = -t6;
    const C t8 = t7 * t0;
    const C t9 = t3 + t8;
    const C t10 = t7 * threshold;
    const C t11 = t10 * derivative_1;
    const C t12 = t6 + t11;
    const C t13 = -t11;
    const C t14 = t9 + t13;
    grad_x = t4;
    grad_state[0] = t12;
    grad_param[0] = t5;
    grad_param[1] = t14;
  }
};

struct lif_subtract_delayed_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    kept[0] = t7;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = kept_0 - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = grad_output * derivative_0;
    const C t3 = grad_next_v + t2;
    const C t4 = -t2;
    const C t5 = -t3;
    const C t6 = t5 * t1;
    const C t7 = t4 + t6;
    const C t8 = t3 * input_scale;
    const C t9 = t3 * kept_0;
    const C t10 = t3 * beta;
    grad_x = t8;
    grad_state[0] = t10;
    grad_param[0] = t9;
    grad_param[1] = t7;
  }
};

struct lif_subtract_delayed_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 2, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    kept[0] = t7;
    kept[1] = t3;
    kept[2] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C derivative_1 = Surrogate::derivative(kept[1], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C distance_1 = kept[1];
    const C kept_0 = kept[2];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_v + t1;
    const C t3 = -t1;
    const C t4 = -t2;
    const C t5 = t4 * t0;
    const C t6 = t3 + t5;
    const C t7 = t4 * threshold;
    const C t8 = t7 * derivative_1;
    const C t9 = -t8;
    const C t10 = t6 + t9;
    const C t11 = t2 * input_scale;
    const C t12 = t2 * kept_0;
    const C t13 = t2 * beta;
    const C t14 = t8 + t13;
    grad_x = t11;
    grad_state[0] = t14;
    grad_param[0] = t12;
    grad_param[1] = t10;
  }
};

struct lif_value_after_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 1, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = splat<C>(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = reset_value * t4;
    const C t8 = t6 + t7;
    output = t4;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    kept[0] = t3;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C input_scale = constant[0];
    const C distance_0 = kept[0];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_v * t1;
    const C t3 = grad_output * derivative_0;
    const C t4 = t2 + t3;
    const C t5 = -t3;
    const C t6 = t4 * input_scale;
    const C t7 = t4 * kept_0;
    const C t8 = t4 * beta;
    grad_x = t6;
    grad_state[0] = t8;
    grad_param[0] = t7;
    grad_param[1] = t5;
  }
};

struct lif_value_before_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 2, kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = fires(t9, strict);
    output = t10;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    kept[0] = t9;
    kept[1] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C kept_0 = kept[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = kept_0 - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * kept_0;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = grad_output * derivative_0;
    const C t7 = grad_next_v + t6;
    const C t8 = -t6;
    const C t9 = t7 * input_scale;
    const C t10 = t7 * t5;
    const C t11 = t7 * beta;
    const C t12 = t11 * t2;
    grad_x = t9;
    grad_state[0] = t12;
    grad_param[0] = t10;
    grad_param[1] = t8;
  }
};

struct lif_value_after_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 2, kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = splat<C>(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = reset_value * t4;
    const C t8 = t6 + t7;
    output = t4;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    kept[0] = t3;
    kept[1] = t2;
    kept[2] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C beta = param[0];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C distance_0 = kept[0];
    const C kept_0 = kept[1];
    const C kept_1 = kept[2];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_v * reset_value;
    const C t3 = grad_output + t2;
    const C t4 = grad_next_v * kept_0;
    const C t5 = grad_next_v * t1;
    const C t6 = -t4;
    const C t7 = t3 + t6;
    const C t8 = t7 * derivative_0;
    const C t9 = t5 + t8;
    const C t10 = -t8;
    const C t11 = t9 * input_scale;
    const C t12 = t9 * kept_1;
    const C t13 = t9 * beta;
    grad_x = t11;
    grad_state[0] = t13;
    grad_param[0] = t12;
    grad_param[1] = t10;
  }
};

struct lif_value_before_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;
  static constexpr int kKept = 3, kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& output, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = fires(t9, strict);
    output = t10;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    kept[0] = t9;
    kept[1] = t0;
    kept[2] = v;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,
                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,
                                 C* grad_param) {
    const C derivative_0 = Surrogate::derivative(kept[0], slope);
    const C derivative_1 = Surrogate::derivative(kept[1], slope);
    const C beta = param[0];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C distance_1 = kept[1];
    const C kept_0 = kept[2];
    const C grad_next_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = t1 * kept_0;
    const C t3 = reset_value * t0;
    const C t4 = t2 + t3;
    const C t5 = grad_output * derivative_0;
    const C t6 = grad_next_v + t5;
    const C t7 = -t5;
    const C t8 = t6 * input_scale;
    const C t9 = t6 * t4;
    const C t10 = t6 * beta;
    const C t11 = t10 * reset_value;
    const C t12 = t10 * kept_0;
    const C t13 = t10 * t1;
    const C t14 = -t12;
    const C t15 = t11 + t14;
    const C t16 = t15 * derivative_1;
    const C t17 = t13 + t16;
    const C t18 = -t16;
    const C t19 = t7 + t18;
    grad_x = t8;
    grad_state[0] = t17;
    grad_param[0] = t9;
    grad_param[1] = t19;
  }
};

}  // namespace snn
