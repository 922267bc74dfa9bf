// Written by snnkernels/emit/cpp.py from snnkernels/neurons: do not edit, run `make codegen`.
// clang-format off
#pragma once

#include "../cpu/strip/scan.h"

namespace snn {

#define SNN_FOR_EACH_NEURON(X) \
  X(lif_2c7c8ada) \
  X(lif_12254a39) \
  X(lif_fb8c6358) \
  X(lif_85325dc6) \
  X(lif_e47aef63) \
  X(lif_1ed7e31e) \
  X(lif_cdd3ca23) \
  X(lif_5c497dc6) \
  X(lif_9bddd9c8) \
  X(lif_3b9034f3) \
  X(lif_bb0ae079)

#define SNN_FOR_EACH_LIF(X) \
  X(lif_2c7c8ada) \
  X(lif_12254a39) \
  X(lif_fb8c6358) \
  X(lif_85325dc6) \
  X(lif_e47aef63) \
  X(lif_1ed7e31e) \
  X(lif_cdd3ca23) \
  X(lif_5c497dc6) \
  X(lif_9bddd9c8) \
  X(lif_3b9034f3) \
  X(lif_bb0ae079)

struct lif_2c7c8ada {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    output = t4;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    distance[0] = t3;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = t1 * in_threshold;
    const C t4 = grad_output + t3;
    const C t5 = t4 * derivative_0;
    const C t6 = grad_next_in_v + t5;
    const C t7 = -t5;
    const C t8 = t2 + t7;
    const C t9 = t6 * kept_0;
    const C t10 = t6 * in_input_scale;
    const C t11 = t6 * kept_1;
    const C t12 = t6 * in_beta;
    grad_input[0] = t10;
    grad_state[0] = t12;
    grad_param[0] = t11;
    grad_param[1] = t8;
    grad_param[2] = t9;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_12254a39 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_threshold * t1;
    const C t3 = in_v - t2;
    const C t4 = in_beta * t3;
    const C t5 = in_input_scale * in_current;
    const C t6 = t4 + t5;
    const C t7 = t6 - in_threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_threshold * t1;
    const C t3 = in_v - t2;
    const C t4 = in_beta * t3;
    const C t5 = in_input_scale * in_current;
    const C t6 = t4 + t5;
    const C t7 = t6 - in_threshold;
    distance[0] = t7;
    distance[1] = t0;
    kept[0] = in_current;
    kept[1] = t3;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_in_v + t1;
    const C t3 = -t1;
    const C t4 = t2 * kept_0;
    const C t5 = t2 * in_input_scale;
    const C t6 = t2 * kept_1;
    const C t7 = t2 * in_beta;
    const C t8 = -t7;
    const C t9 = t8 * t0;
    const C t10 = t3 + t9;
    const C t11 = t8 * in_threshold;
    const C t12 = t11 * derivative_1;
    const C t13 = t7 + t12;
    const C t14 = -t12;
    const C t15 = t10 + t14;
    grad_input[0] = t5;
    grad_state[0] = t13;
    grad_param[0] = t6;
    grad_param[1] = t15;
    grad_param[2] = t4;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_fb8c6358 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    output = t4;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    distance[0] = t3;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = grad_output * derivative_0;
    const C t4 = grad_next_in_v + t3;
    const C t5 = -t3;
    const C t6 = t2 + t5;
    const C t7 = t4 * kept_0;
    const C t8 = t4 * in_input_scale;
    const C t9 = t4 * kept_1;
    const C t10 = t4 * in_beta;
    grad_input[0] = t8;
    grad_state[0] = t10;
    grad_param[0] = t9;
    grad_param[1] = t6;
    grad_param[2] = t7;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_85325dc6 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_threshold * t1;
    const C t3 = in_v - t2;
    const C t4 = in_beta * t3;
    const C t5 = in_input_scale * in_current;
    const C t6 = t4 + t5;
    const C t7 = t6 - in_threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_threshold * t1;
    const C t3 = in_v - t2;
    const C t4 = in_beta * t3;
    const C t5 = in_input_scale * in_current;
    const C t6 = t4 + t5;
    const C t7 = t6 - in_threshold;
    distance[0] = t7;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = kept_1 - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_threshold * t1;
    const C t3 = kept_1 - t2;
    const C t4 = grad_output * derivative_0;
    const C t5 = grad_next_in_v + t4;
    const C t6 = -t4;
    const C t7 = t5 * kept_0;
    const C t8 = t5 * in_input_scale;
    const C t9 = t5 * t3;
    const C t10 = t5 * in_beta;
    const C t11 = -t10;
    const C t12 = t11 * t1;
    const C t13 = t6 + t12;
    grad_input[0] = t8;
    grad_state[0] = t10;
    grad_param[0] = t9;
    grad_param[1] = t13;
    grad_param[2] = t7;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_e47aef63 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = in_v - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - in_threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = in_v - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - in_threshold;
    distance[0] = t7;
    distance[1] = t3;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_in_v + t1;
    const C t3 = -t1;
    const C t4 = -t2;
    const C t5 = t4 * t0;
    const C t6 = t3 + t5;
    const C t7 = t4 * in_threshold;
    const C t8 = t7 * derivative_1;
    const C t9 = -t8;
    const C t10 = t6 + t9;
    const C t11 = t2 * kept_0;
    const C t12 = t2 * in_input_scale;
    const C t13 = t2 * kept_1;
    const C t14 = t2 * in_beta;
    const C t15 = t8 + t14;
    grad_input[0] = t12;
    grad_state[0] = t15;
    grad_param[0] = t13;
    grad_param[1] = t10;
    grad_param[2] = t11;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_1ed7e31e {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = in_v - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - in_threshold;
    const C t8 = fires(t7, strict);
    output = t8;
    next_state[0] = t6;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = in_v - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = in_threshold * t4;
    const C t6 = t2 - t5;
    const C t7 = t6 - in_threshold;
    distance[0] = t7;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = kept_1 - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = grad_output * derivative_0;
    const C t3 = grad_next_in_v + t2;
    const C t4 = -t2;
    const C t5 = -t3;
    const C t6 = t5 * t1;
    const C t7 = t4 + t6;
    const C t8 = t3 * kept_0;
    const C t9 = t3 * in_input_scale;
    const C t10 = t3 * kept_1;
    const C t11 = t3 * in_beta;
    grad_input[0] = t9;
    grad_state[0] = t11;
    grad_param[0] = t10;
    grad_param[1] = t7;
    grad_param[2] = t8;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_cdd3ca23 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    output = t4;
    next_state[0] = t2;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    distance[0] = t3;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    const C t3 = t1 * kept_0;
    const C t4 = t1 * in_input_scale;
    const C t5 = t1 * kept_1;
    const C t6 = t1 * in_beta;
    grad_input[0] = t4;
    grad_state[0] = t6;
    grad_param[0] = t5;
    grad_param[1] = t2;
    grad_param[2] = t3;
    grad_param[3] = splat<C>(0.0);
  }
};

struct lif_5c497dc6 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = splat<C>(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = in_reset * t4;
    const C t8 = t6 + t7;
    output = t4;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    distance[0] = t3;
    kept[0] = t2;
    kept[1] = in_current;
    kept[2] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * in_reset;
    const C t4 = grad_output + t3;
    const C t5 = grad_next_in_v * kept_0;
    const C t6 = grad_next_in_v * t1;
    const C t7 = -t5;
    const C t8 = t4 + t7;
    const C t9 = t8 * derivative_0;
    const C t10 = t6 + t9;
    const C t11 = -t9;
    const C t12 = t10 * kept_1;
    const C t13 = t10 * in_input_scale;
    const C t14 = t10 * kept_2;
    const C t15 = t10 * in_beta;
    grad_input[0] = t13;
    grad_state[0] = t15;
    grad_param[0] = t14;
    grad_param[1] = t11;
    grad_param[2] = t12;
    grad_param[3] = t2;
  }
};

struct lif_9bddd9c8 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 2, kKept = 1;
  static constexpr int kKeptForParams = 1;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * in_v;
    const C t4 = in_reset * t1;
    const C t5 = t3 + t4;
    const C t6 = in_beta * t5;
    const C t7 = in_input_scale * in_current;
    const C t8 = t6 + t7;
    const C t9 = t8 - in_threshold;
    const C t10 = fires(t9, strict);
    output = t10;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * in_v;
    const C t4 = in_reset * t1;
    const C t5 = t3 + t4;
    const C t6 = in_beta * t5;
    const C t7 = in_input_scale * in_current;
    const C t8 = t6 + t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    distance[1] = t0;
    kept[0] = in_v;
    kept[1] = in_current;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = t1 * kept_0;
    const C t3 = in_reset * t0;
    const C t4 = t2 + t3;
    const C t5 = grad_output * derivative_0;
    const C t6 = grad_next_in_v + t5;
    const C t7 = -t5;
    const C t8 = t6 * kept_1;
    const C t9 = t6 * in_input_scale;
    const C t10 = t6 * t4;
    const C t11 = t6 * in_beta;
    const C t12 = t11 * t0;
    const C t13 = t11 * in_reset;
    const C t14 = t11 * kept_0;
    const C t15 = t11 * t1;
    const C t16 = -t14;
    const C t17 = t13 + t16;
    const C t18 = t17 * derivative_1;
    const C t19 = t15 + t18;
    const C t20 = -t18;
    const C t21 = t7 + t20;
    grad_input[0] = t9;
    grad_state[0] = t19;
    grad_param[0] = t10;
    grad_param[1] = t21;
    grad_param[2] = t8;
    grad_param[3] = t12;
  }
};

struct lif_3b9034f3 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = splat<C>(1.0) - t4;
    const C t6 = t5 * t2;
    const C t7 = in_reset * t4;
    const C t8 = t6 + t7;
    output = t4;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_current;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    distance[0] = t3;
    kept[0] = in_current;
    kept[1] = in_v;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_output * derivative_0;
    const C t5 = t3 + t4;
    const C t6 = -t4;
    const C t7 = t5 * kept_0;
    const C t8 = t5 * in_input_scale;
    const C t9 = t5 * kept_1;
    const C t10 = t5 * in_beta;
    grad_input[0] = t8;
    grad_state[0] = t10;
    grad_param[0] = t9;
    grad_param[1] = t6;
    grad_param[2] = t7;
    grad_param[3] = t2;
  }
};

struct lif_bb0ae079 {
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 1;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * in_v;
    const C t4 = in_reset * t1;
    const C t5 = t3 + t4;
    const C t6 = in_beta * t5;
    const C t7 = in_input_scale * in_current;
    const C t8 = t6 + t7;
    const C t9 = t8 - in_threshold;
    const C t10 = fires(t9, strict);
    output = t10;
    next_state[0] = t8;
  }

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_current = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * in_v;
    const C t4 = in_reset * t1;
    const C t5 = t3 + t4;
    const C t6 = in_beta * t5;
    const C t7 = in_input_scale * in_current;
    const C t8 = t6 + t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    kept[0] = in_v;
    kept[1] = in_current;
  }

  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = kept_0 - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = t2 * kept_0;
    const C t4 = in_reset * t1;
    const C t5 = t3 + t4;
    const C t6 = grad_output * derivative_0;
    const C t7 = grad_next_in_v + t6;
    const C t8 = -t6;
    const C t9 = t7 * kept_1;
    const C t10 = t7 * in_input_scale;
    const C t11 = t7 * t5;
    const C t12 = t7 * in_beta;
    const C t13 = t12 * t1;
    const C t14 = t12 * t2;
    grad_input[0] = t10;
    grad_state[0] = t14;
    grad_param[0] = t11;
    grad_param[1] = t8;
    grad_param[2] = t9;
    grad_param[3] = t13;
  }
};

}  // namespace snn
