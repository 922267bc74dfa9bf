// Written by snnkernels/emit/cpp.py from snnkernels/neurons.py: do not edit, run `make codegen`.
// clang-format off
#pragma once

#include "../scan.h"

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

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    spike = t4;
    next_state[0] = t2;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = Surrogate::derivative(t3, slope);
    const C t5 = grad_spike * t4;
    const C t6 = grad_next_v + t5;
    const C t7 = -t5;
    const C t8 = t6 * input_scale;
    const C t9 = t6 * v;
    const C t10 = t6 * beta;
    grad_x = t8;
    grad_state[0] = t10;
    grad_param[0] = t9;
    grad_param[1] = t7;
  }
};

struct lif_subtract_after_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t4;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = -grad_next_v;
    const C t6 = t5 * t4;
    const C t7 = Surrogate::derivative(t3, slope);
    const C t8 = grad_spike * t7;
    const C t9 = grad_next_v + t8;
    const C t10 = -t8;
    const C t11 = t6 + t10;
    const C t12 = t9 * input_scale;
    const C t13 = t9 * v;
    const C t14 = t9 * beta;
    grad_x = t12;
    grad_state[0] = t14;
    grad_param[0] = t13;
    grad_param[1] = t11;
  }
};

struct lif_subtract_before_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t8;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    const C t8 = Surrogate::derivative(t7, slope);
    const C t9 = grad_spike * t8;
    const C t10 = grad_next_v + t9;
    const C t11 = -t9;
    const C t12 = t10 * input_scale;
    const C t13 = t10 * t3;
    const C t14 = t10 * beta;
    const C t15 = -t14;
    const C t16 = t15 * t1;
    const C t17 = t11 + t16;
    grad_x = t12;
    grad_state[0] = t14;
    grad_param[0] = t13;
    grad_param[1] = t17;
  }
};

struct lif_subtract_after_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t4;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = -grad_next_v;
    const C t6 = t5 * t4;
    const C t7 = t5 * threshold;
    const C t8 = grad_spike + t7;
    const C t9 = Surrogate::derivative(t3, slope);
    const C t10 = t8 * t9;
    const C t11 = grad_next_v + t10;
    const C t12 = -t10;
    const C t13 = t6 + t12;
    const C t14 = t11 * input_scale;
    const C t15 = t11 * v;
    const C t16 = t11 * beta;
    grad_x = t14;
    grad_state[0] = t16;
    grad_param[0] = t15;
    grad_param[1] = t13;
  }
};

struct lif_subtract_before_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t8;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = threshold * t1;
    const C t3 = v - t2;
    const C t4 = beta * t3;
    const C t5 = input_scale * x;
    const C t6 = t4 + t5;
    const C t7 = t6 - threshold;
    const C t8 = Surrogate::derivative(t7, slope);
    const C t9 = grad_spike * t8;
    const C t10 = grad_next_v + t9;
    const C t11 = -t9;
    const C t12 = t10 * input_scale;
    const C t13 = t10 * t3;
    const C t14 = t10 * beta;
    const C t15 = -t14;
    const C t16 = t15 * t1;
    const C t17 = t11 + t16;
    const C t18 = t15 * threshold;
    const C t19 = Surrogate::derivative(t0, slope);
    const C t20 = t18 * t19;
    const C t21 = t14 + t20;
    const C t22 = -t20;
    const C t23 = t17 + t22;
    grad_x = t12;
    grad_state[0] = t21;
    grad_param[0] = t13;
    grad_param[1] = t23;
  }
};

struct lif_subtract_delayed_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t8;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    const C t8 = Surrogate::derivative(t7, slope);
    const C t9 = grad_spike * t8;
    const C t10 = grad_next_v + t9;
    const C t11 = -t9;
    const C t12 = -t10;
    const C t13 = t12 * t4;
    const C t14 = t11 + t13;
    const C t15 = t10 * input_scale;
    const C t16 = t10 * v;
    const C t17 = t10 * beta;
    grad_x = t15;
    grad_state[0] = t17;
    grad_param[0] = t16;
    grad_param[1] = t14;
  }
};

struct lif_subtract_delayed_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    spike = t8;
    next_state[0] = t6;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = v - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - threshold;
    const C t8 = Surrogate::derivative(t7, slope);
    const C t9 = grad_spike * t8;
    const C t10 = grad_next_v + t9;
    const C t11 = -t9;
    const C t12 = -t10;
    const C t13 = t12 * t4;
    const C t14 = t11 + t13;
    const C t15 = t12 * threshold;
    const C t16 = Surrogate::derivative(t3, slope);
    const C t17 = t15 * t16;
    const C t18 = -t17;
    const C t19 = t14 + t18;
    const C t20 = t10 * input_scale;
    const C t21 = t10 * v;
    const C t22 = t10 * beta;
    const C t23 = t17 + t22;
    grad_x = t20;
    grad_state[0] = t23;
    grad_param[0] = t21;
    grad_param[1] = t19;
  }
};

struct lif_value_after_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    const C t5 = C(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = reset_value * t4;
    const C t8 = t6 + t7;
    spike = t4;
    next_state[0] = t8;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = C(1.0) - t4;
    const C t6 = grad_next_v * t5;
    const C t7 = Surrogate::derivative(t3, slope);
    const C t8 = grad_spike * t7;
    const C t9 = t6 + t8;
    const C t10 = -t8;
    const C t11 = t9 * input_scale;
    const C t12 = t9 * v;
    const C t13 = t9 * beta;
    grad_x = t11;
    grad_state[0] = t13;
    grad_param[0] = t12;
    grad_param[1] = t10;
  }
};

struct lif_value_before_detached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = C(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = fires(t9, strict);
    spike = t10;
    next_state[0] = t8;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = C(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = Surrogate::derivative(t9, slope);
    const C t11 = grad_spike * t10;
    const C t12 = grad_next_v + t11;
    const C t13 = -t11;
    const C t14 = t12 * input_scale;
    const C t15 = t12 * t5;
    const C t16 = t12 * beta;
    const C t17 = t16 * t2;
    grad_x = t14;
    grad_state[0] = t17;
    grad_param[0] = t15;
    grad_param[1] = t13;
  }
};

struct lif_value_after_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
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
    const C t5 = C(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = reset_value * t4;
    const C t8 = t6 + t7;
    spike = t4;
    next_state[0] = t8;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = beta * v;
    const C t1 = input_scale * x;
    const C t2 = t0 + t1;
    const C t3 = t2 - threshold;
    const C t4 = fires(t3, strict);
    const C t5 = C(1.0) - t4;
    const C t6 = grad_next_v * reset_value;
    const C t7 = grad_spike + t6;
    const C t8 = grad_next_v * t2;
    const C t9 = grad_next_v * t5;
    const C t10 = -t8;
    const C t11 = t7 + t10;
    const C t12 = Surrogate::derivative(t3, slope);
    const C t13 = t11 * t12;
    const C t14 = t9 + t13;
    const C t15 = -t13;
    const C t16 = t14 * input_scale;
    const C t17 = t14 * v;
    const C t18 = t14 * beta;
    grad_x = t16;
    grad_state[0] = t18;
    grad_param[0] = t17;
    grad_param[1] = t15;
  }
};

struct lif_value_before_attached {
  static constexpr int kStates = 1, kParams = 2, kConstants = 2;

  template <class C>
  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,
                              C& spike, C* next_state) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = C(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = fires(t9, strict);
    spike = t10;
    next_state[0] = t8;
  }

  template <class Surrogate, class C>
  SNN_INLINE static void adjoint(C x, const C* state, const C* param, const C* constant, bool strict,
                                 C slope, C grad_spike, const C* grad_next_state, C& grad_x,
                                 C* grad_state, C* grad_param) {
    const C v = state[0];
    const C beta = param[0];
    const C threshold = param[1];
    const C input_scale = constant[0];
    const C reset_value = constant[1];
    const C grad_next_v = grad_next_state[0];
    const C t0 = v - threshold;
    const C t1 = fires(t0, strict);
    const C t2 = C(1.0) - t1;
    const C t3 = t2 * v;
    const C t4 = reset_value * t1;
    const C t5 = t3 + t4;
    const C t6 = beta * t5;
    const C t7 = input_scale * x;
    const C t8 = t6 + t7;
    const C t9 = t8 - threshold;
    const C t10 = Surrogate::derivative(t9, slope);
    const C t11 = grad_spike * t10;
    const C t12 = grad_next_v + t11;
    const C t13 = -t11;
    const C t14 = t12 * input_scale;
    const C t15 = t12 * t5;
    const C t16 = t12 * beta;
    const C t17 = t16 * reset_value;
    const C t18 = t16 * v;
    const C t19 = t16 * t2;
    const C t20 = -t18;
    const C t21 = t17 + t20;
    const C t22 = Surrogate::derivative(t0, slope);
    const C t23 = t21 * t22;
    const C t24 = t19 + t23;
    const C t25 = -t23;
    const C t26 = t13 + t25;
    grad_x = t14;
    grad_state[0] = t24;
    grad_param[0] = t15;
    grad_param[1] = t26;
  }
};

}  // namespace snn
