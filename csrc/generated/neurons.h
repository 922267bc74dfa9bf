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
  X(lif_bb0ae079) \
  X(integrate_and_fire_ba4013e4) \
  X(integrate_and_fire_46d607fc) \
  X(integrate_and_fire_27532951) \
  X(integrate_and_fire_3ca77f70) \
  X(integrate_and_fire_a9d5fe20) \
  X(parametric_lif_fef2f5c6) \
  X(parametric_lif_91cd3ced) \
  X(parametric_lif_249383f6) \
  X(parametric_lif_eb18410e) \
  X(parametric_lif_01b38777) \
  X(parametric_lif_669920e4) \
  X(parametric_lif_3e27cbd8) \
  X(parametric_lif_7f1a40a9) \
  X(parametric_lif_ba86cf1e) \
  X(parametric_lif_07b64b3d) \
  X(refractory_lif_3188f0d4) \
  X(refractory_lif_10aa6eca) \
  X(refractory_lif_a272779a) \
  X(refractory_lif_2e40e091) \
  X(refractory_lif_670a7e16) \
  X(refractory_lif_47450e05) \
  X(refractory_lif_ba462977) \
  X(refractory_lif_5f403100) \
  X(refractory_lif_b490b42e) \
  X(refractory_lif_74da634c) \
  X(refractory_lif_33cca28c) \
  X(refractory_lif_eeb09dcd) \
  X(current_lif_c049bb44) \
  X(current_lif_6709d902) \
  X(current_lif_f560f203) \
  X(current_lif_4127d906) \
  X(current_lif_513fd317) \
  X(current_lif_5a1b9a31) \
  X(current_lif_fd2cb368) \
  X(current_lif_c9d67950) \
  X(current_lif_37e6985b) \
  X(current_lif_d7d48ed7) \
  X(current_lif_5c9b9d6b) \
  X(current_lif_2cad0446) \
  X(current_lif_54b4d754) \
  X(current_lif_ae5e4250) \
  X(current_lif_dcf40262) \
  X(alpha_neuron_09c98840) \
  X(alpha_neuron_ec2df591) \
  X(alpha_neuron_6723a279) \
  X(leaky_integrator_6efd95ce) \
  X(current_leaky_integrator_00aaa3ba) \
  X(current_leaky_integrator_560ccf6c) \
  X(adlif_d26197a8) \
  X(adlif_c68d42f9) \
  X(symplectic_adlif_7ef3906a) \
  X(symplectic_adlif_6a52c249) \
  X(alif_fe0bb604) \
  X(alif_47e8e024) \
  X(alif_33c11a1a) \
  X(alif_53fad3f9) \
  X(exponential_if_8fd7697a) \
  X(exponential_if_f6fb0a5e) \
  X(multispike_lif_d49326f4) \
  X(multispike_lif_7aa09aa2) \
  X(multispike_lif_76c68074) \
  X(multispike_lif_8dd2e675) \
  X(multispike_lif_aee69f7d) \
  X(multispike_lif_122f7272) \
  X(multispike_lif_bf8299f1) \
  X(multispike_lif_71a571fa) \
  X(integer_lif_7a584be0) \
  X(integer_lif_ba41be9b) \
  X(ternary_lif_ef3dc8ff) \
  X(ternary_lif_bfaa7d69) \
  X(ternary_lif_c395ccb0) \
  X(ternary_lif_f9521db4)

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

struct lif_2c7c8ada_step {
  using Step = lif_2c7c8ada_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_2c7c8ada_replay : lif_2c7c8ada_step {
  using Replay = lif_2c7c8ada_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_2c7c8ada : lif_2c7c8ada_replay {
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

struct lif_12254a39_step {
  using Step = lif_12254a39_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_12254a39_replay : lif_12254a39_step {
  using Replay = lif_12254a39_replay;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_12254a39 : lif_12254a39_replay {
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

struct lif_fb8c6358 : lif_2c7c8ada_replay {
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

struct lif_85325dc6_replay : lif_12254a39_step {
  using Replay = lif_85325dc6_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_85325dc6 : lif_85325dc6_replay {
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

struct lif_e47aef63_step {
  using Step = lif_e47aef63_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_e47aef63_replay : lif_e47aef63_step {
  using Replay = lif_e47aef63_replay;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_e47aef63 : lif_e47aef63_replay {
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

struct lif_1ed7e31e_replay : lif_e47aef63_step {
  using Replay = lif_1ed7e31e_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_1ed7e31e : lif_1ed7e31e_replay {
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

struct lif_cdd3ca23_step {
  using Step = lif_cdd3ca23_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_cdd3ca23_replay : lif_cdd3ca23_step {
  using Replay = lif_cdd3ca23_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_cdd3ca23 : lif_cdd3ca23_replay {
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

struct lif_5c497dc6_step {
  using Step = lif_5c497dc6_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_5c497dc6_replay : lif_5c497dc6_step {
  using Replay = lif_5c497dc6_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_5c497dc6 : lif_5c497dc6_replay {
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

struct lif_9bddd9c8_step {
  using Step = lif_9bddd9c8_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
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
};

struct lif_9bddd9c8_replay : lif_9bddd9c8_step {
  using Replay = lif_9bddd9c8_replay;
  static constexpr int kSpikes = 2, kKept = 1;
  static constexpr int kKeptForParams = 1;

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
};

struct lif_9bddd9c8 : lif_9bddd9c8_replay {
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

struct lif_3b9034f3_replay : lif_5c497dc6_step {
  using Replay = lif_3b9034f3_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

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
};

struct lif_3b9034f3 : lif_3b9034f3_replay {
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

struct lif_bb0ae079_replay : lif_9bddd9c8_step {
  using Replay = lif_bb0ae079_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 1;

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
};

struct lif_bb0ae079 : lif_bb0ae079_replay {
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

struct integrate_and_fire_ba4013e4_step {
  using Step = integrate_and_fire_ba4013e4_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    const C t2 = fires(t1, strict);
    const C t3 = in_threshold * t2;
    const C t4 = t0 - t3;
    output = t2;
    next_state[0] = t4;
  }
};

struct integrate_and_fire_ba4013e4_replay : integrate_and_fire_ba4013e4_step {
  using Replay = integrate_and_fire_ba4013e4_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    distance[0] = t1;
  }
};

struct integrate_and_fire_ba4013e4 : integrate_and_fire_ba4013e4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_threshold = param[0];
    const C distance_0 = distance[0];
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
    grad_input[0] = t6;
    grad_state[0] = t6;
    grad_param[0] = t8;
    grad_param[1] = splat<C>(0.0);
  }
};

struct integrate_and_fire_46d607fc : integrate_and_fire_ba4013e4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C distance_0 = distance[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = grad_output * derivative_0;
    const C t4 = grad_next_in_v + t3;
    const C t5 = -t3;
    const C t6 = t2 + t5;
    grad_input[0] = t4;
    grad_state[0] = t4;
    grad_param[0] = t6;
    grad_param[1] = splat<C>(0.0);
  }
};

struct integrate_and_fire_27532951_step {
  using Step = integrate_and_fire_27532951_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    const C t2 = fires(t1, strict);
    output = t2;
    next_state[0] = t0;
  }
};

struct integrate_and_fire_27532951_replay : integrate_and_fire_27532951_step {
  using Replay = integrate_and_fire_27532951_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    distance[0] = t1;
  }
};

struct integrate_and_fire_27532951 : integrate_and_fire_27532951_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    grad_input[0] = t1;
    grad_state[0] = t1;
    grad_param[0] = t2;
    grad_param[1] = splat<C>(0.0);
  }
};

struct integrate_and_fire_3ca77f70_step {
  using Step = integrate_and_fire_3ca77f70_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 2;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C in_reset = param[1];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    const C t2 = fires(t1, strict);
    const C t3 = splat<C>(1.0) - t2;
    const C t4 = t3 * t0;
    const C t5 = in_reset * t2;
    const C t6 = t4 + t5;
    output = t2;
    next_state[0] = t6;
  }
};

struct integrate_and_fire_3ca77f70_replay : integrate_and_fire_3ca77f70_step {
  using Replay = integrate_and_fire_3ca77f70_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    distance[0] = t1;
    kept[0] = t0;
  }
};

struct integrate_and_fire_3ca77f70 : integrate_and_fire_3ca77f70_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_reset = param[1];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
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
    grad_input[0] = t10;
    grad_state[0] = t10;
    grad_param[0] = t11;
    grad_param[1] = t2;
  }
};

struct integrate_and_fire_a9d5fe20_replay : integrate_and_fire_3ca77f70_step {
  using Replay = integrate_and_fire_a9d5fe20_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_threshold = param[0];
    const C t0 = in_v + in_x;
    const C t1 = t0 - in_threshold;
    distance[0] = t1;
  }
};

struct integrate_and_fire_a9d5fe20 : integrate_and_fire_a9d5fe20_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C distance_0 = distance[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_output * derivative_0;
    const C t5 = t3 + t4;
    const C t6 = -t4;
    grad_input[0] = t5;
    grad_state[0] = t5;
    grad_param[0] = t6;
    grad_param[1] = t2;
  }
};

struct parametric_lif_fef2f5c6_step {
  using Step = parametric_lif_fef2f5c6_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = in_threshold * t5;
    const C t7 = t3 - t6;
    output = t5;
    next_state[0] = t7;
  }
};

struct parametric_lif_fef2f5c6_replay : parametric_lif_fef2f5c6_step {
  using Replay = parametric_lif_fef2f5c6_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
  }
};

struct parametric_lif_fef2f5c6 : parametric_lif_fef2f5c6_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = -grad_next_in_v;
    const C t3 = t2 * t1;
    const C t4 = t2 * in_threshold;
    const C t5 = grad_output + t4;
    const C t6 = t5 * derivative_0;
    const C t7 = grad_next_in_v + t6;
    const C t8 = -t6;
    const C t9 = t3 + t8;
    const C t10 = -t7;
    const C t11 = t10 * kept_0;
    const C t12 = t10 * t0;
    const C t13 = t7 + t12;
    const C t14 = splat<C>(1.0) - t0;
    const C t15 = t11 * t14;
    const C t16 = t15 * t0;
    grad_input[0] = t7;
    grad_state[0] = t13;
    grad_param[0] = t16;
    grad_param[1] = t9;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_91cd3ced : parametric_lif_fef2f5c6_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = -grad_next_in_v;
    const C t3 = t2 * t1;
    const C t4 = grad_output * derivative_0;
    const C t5 = grad_next_in_v + t4;
    const C t6 = -t4;
    const C t7 = t3 + t6;
    const C t8 = -t5;
    const C t9 = t8 * kept_0;
    const C t10 = t8 * t0;
    const C t11 = t5 + t10;
    const C t12 = splat<C>(1.0) - t0;
    const C t13 = t9 * t12;
    const C t14 = t13 * t0;
    grad_input[0] = t5;
    grad_state[0] = t11;
    grad_param[0] = t14;
    grad_param[1] = t7;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_249383f6_step {
  using Step = parametric_lif_249383f6_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    output = t5;
    next_state[0] = t3;
  }
};

struct parametric_lif_249383f6_replay : parametric_lif_249383f6_step {
  using Replay = parametric_lif_249383f6_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
  }
};

struct parametric_lif_249383f6 : parametric_lif_249383f6_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_in_v + t1;
    const C t3 = -t1;
    const C t4 = -t2;
    const C t5 = t4 * kept_0;
    const C t6 = t4 * t0;
    const C t7 = t2 + t6;
    const C t8 = splat<C>(1.0) - t0;
    const C t9 = t5 * t8;
    const C t10 = t9 * t0;
    grad_input[0] = t2;
    grad_state[0] = t7;
    grad_param[0] = t10;
    grad_param[1] = t3;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_eb18410e_step {
  using Step = parametric_lif_eb18410e_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C in_reset = param[2];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = splat<C>(1.0) - t5;
    const C t7 = t6 * t3;
    const C t8 = in_reset * t5;
    const C t9 = t7 + t8;
    output = t5;
    next_state[0] = t9;
  }
};

struct parametric_lif_eb18410e_replay : parametric_lif_eb18410e_step {
  using Replay = parametric_lif_eb18410e_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t3;
    kept[1] = in_v;
  }
};

struct parametric_lif_eb18410e : parametric_lif_eb18410e_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C in_reset = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_v * in_reset;
    const C t5 = grad_output + t4;
    const C t6 = grad_next_in_v * kept_0;
    const C t7 = grad_next_in_v * t2;
    const C t8 = -t6;
    const C t9 = t5 + t8;
    const C t10 = t9 * derivative_0;
    const C t11 = t7 + t10;
    const C t12 = -t10;
    const C t13 = -t11;
    const C t14 = t13 * kept_1;
    const C t15 = t13 * t0;
    const C t16 = t11 + t15;
    const C t17 = splat<C>(1.0) - t0;
    const C t18 = t14 * t17;
    const C t19 = t18 * t0;
    grad_input[0] = t11;
    grad_state[0] = t16;
    grad_param[0] = t19;
    grad_param[1] = t12;
    grad_param[2] = t3;
  }
};

struct parametric_lif_01b38777_replay : parametric_lif_eb18410e_step {
  using Replay = parametric_lif_01b38777_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = t0 * in_v;
    const C t2 = in_v - t1;
    const C t3 = t2 + in_x;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
  }
};

struct parametric_lif_01b38777 : parametric_lif_01b38777_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_v * t2;
    const C t5 = grad_output * derivative_0;
    const C t6 = t4 + t5;
    const C t7 = -t5;
    const C t8 = -t6;
    const C t9 = t8 * kept_0;
    const C t10 = t8 * t0;
    const C t11 = t6 + t10;
    const C t12 = splat<C>(1.0) - t0;
    const C t13 = t9 * t12;
    const C t14 = t13 * t0;
    grad_input[0] = t6;
    grad_state[0] = t11;
    grad_param[0] = t14;
    grad_param[1] = t7;
    grad_param[2] = t3;
  }
};

struct parametric_lif_669920e4_step {
  using Step = parametric_lif_669920e4_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = in_threshold * t5;
    const C t7 = t3 - t6;
    output = t5;
    next_state[0] = t7;
  }
};

struct parametric_lif_669920e4_replay : parametric_lif_669920e4_step {
  using Replay = parametric_lif_669920e4_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t1;
  }
};

struct parametric_lif_669920e4 : parametric_lif_669920e4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = -grad_next_in_v;
    const C t3 = t2 * t1;
    const C t4 = t2 * in_threshold;
    const C t5 = grad_output + t4;
    const C t6 = t5 * derivative_0;
    const C t7 = grad_next_in_v + t6;
    const C t8 = -t6;
    const C t9 = t3 + t8;
    const C t10 = t7 * kept_0;
    const C t11 = t7 * t0;
    const C t12 = -t11;
    const C t13 = t7 + t12;
    const C t14 = splat<C>(1.0) - t0;
    const C t15 = t10 * t14;
    const C t16 = t15 * t0;
    grad_input[0] = t11;
    grad_state[0] = t13;
    grad_param[0] = t16;
    grad_param[1] = t9;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_3e27cbd8 : parametric_lif_669920e4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = -grad_next_in_v;
    const C t3 = t2 * t1;
    const C t4 = grad_output * derivative_0;
    const C t5 = grad_next_in_v + t4;
    const C t6 = -t4;
    const C t7 = t3 + t6;
    const C t8 = t5 * kept_0;
    const C t9 = t5 * t0;
    const C t10 = -t9;
    const C t11 = t5 + t10;
    const C t12 = splat<C>(1.0) - t0;
    const C t13 = t8 * t12;
    const C t14 = t13 * t0;
    grad_input[0] = t9;
    grad_state[0] = t11;
    grad_param[0] = t14;
    grad_param[1] = t7;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_7f1a40a9_step {
  using Step = parametric_lif_7f1a40a9_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    output = t5;
    next_state[0] = t3;
  }
};

struct parametric_lif_7f1a40a9_replay : parametric_lif_7f1a40a9_step {
  using Replay = parametric_lif_7f1a40a9_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t1;
  }
};

struct parametric_lif_7f1a40a9 : parametric_lif_7f1a40a9_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_in_v + t1;
    const C t3 = -t1;
    const C t4 = t2 * kept_0;
    const C t5 = t2 * t0;
    const C t6 = -t5;
    const C t7 = t2 + t6;
    const C t8 = splat<C>(1.0) - t0;
    const C t9 = t4 * t8;
    const C t10 = t9 * t0;
    grad_input[0] = t5;
    grad_state[0] = t7;
    grad_param[0] = t10;
    grad_param[1] = t3;
    grad_param[2] = splat<C>(0.0);
  }
};

struct parametric_lif_ba86cf1e_step {
  using Step = parametric_lif_ba86cf1e_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 3;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C in_reset = param[2];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = splat<C>(1.0) - t5;
    const C t7 = t6 * t3;
    const C t8 = in_reset * t5;
    const C t9 = t7 + t8;
    output = t5;
    next_state[0] = t9;
  }
};

struct parametric_lif_ba86cf1e_replay : parametric_lif_ba86cf1e_step {
  using Replay = parametric_lif_ba86cf1e_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t3;
    kept[1] = t1;
  }
};

struct parametric_lif_ba86cf1e : parametric_lif_ba86cf1e_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C in_reset = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_v * in_reset;
    const C t5 = grad_output + t4;
    const C t6 = grad_next_in_v * kept_0;
    const C t7 = grad_next_in_v * t2;
    const C t8 = -t6;
    const C t9 = t5 + t8;
    const C t10 = t9 * derivative_0;
    const C t11 = t7 + t10;
    const C t12 = -t10;
    const C t13 = t11 * kept_1;
    const C t14 = t11 * t0;
    const C t15 = -t14;
    const C t16 = t11 + t15;
    const C t17 = splat<C>(1.0) - t0;
    const C t18 = t13 * t17;
    const C t19 = t18 * t0;
    grad_input[0] = t14;
    grad_state[0] = t16;
    grad_param[0] = t19;
    grad_param[1] = t12;
    grad_param[2] = t3;
  }
};

struct parametric_lif_07b64b3d_replay : parametric_lif_ba86cf1e_step {
  using Replay = parametric_lif_07b64b3d_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_w = param[0];
    const C in_threshold = param[1];
    const C t0 = logistic(in_w);
    const C t1 = in_x - in_v;
    const C t2 = t0 * t1;
    const C t3 = in_v + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t1;
  }
};

struct parametric_lif_07b64b3d : parametric_lif_07b64b3d_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_w = param[0];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = logistic(in_w);
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_v * t2;
    const C t5 = grad_output * derivative_0;
    const C t6 = t4 + t5;
    const C t7 = -t5;
    const C t8 = t6 * kept_0;
    const C t9 = t6 * t0;
    const C t10 = -t9;
    const C t11 = t6 + t10;
    const C t12 = splat<C>(1.0) - t0;
    const C t13 = t8 * t12;
    const C t14 = t13 * t0;
    grad_input[0] = t9;
    grad_state[0] = t11;
    grad_param[0] = t14;
    grad_param[1] = t7;
    grad_param[2] = t3;
  }
};

struct refractory_lif_3188f0d4_step {
  using Step = refractory_lif_3188f0d4_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    const C t6 = fires(t5, strict);
    const C t7 = in_threshold * t6;
    const C t8 = t3 - t7;
    const C t9 = choose(t0, in_v, t8);
    const auto t10 = greater(t6, splat<C>(0.0));
    const auto t11 = greater(in_r, splat<C>(1.0));
    const C t12 = in_r - splat<C>(1.0);
    const C t13 = choose(t11, t12, splat<C>(0.0));
    const C t14 = choose(t10, in_refractory, t13);
    output = t6;
    next_state[0] = t9;
    next_state[1] = t14;
  }
};

struct refractory_lif_3188f0d4_replay : refractory_lif_3188f0d4_step {
  using Replay = refractory_lif_3188f0d4_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct refractory_lif_3188f0d4 : refractory_lif_3188f0d4_replay {
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
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = choose(t0, grad_next_in_v, splat<C>(0.0));
    const C t8 = choose(t0, splat<C>(0.0), grad_next_in_v);
    const C t9 = -t8;
    const C t10 = t9 * t1;
    const C t11 = t9 * in_threshold;
    const C t12 = grad_output + t11;
    const C t13 = t12 * derivative_0;
    const C t14 = choose(t0, splat<C>(0.0), t13);
    const C t15 = t8 + t14;
    const C t16 = -t14;
    const C t17 = t10 + t16;
    const C t18 = t15 * kept_1;
    const C t19 = t15 * in_input_scale;
    const C t20 = t15 * kept_2;
    const C t21 = t15 * in_beta;
    const C t22 = t7 + t21;
    grad_input[0] = t19;
    grad_state[0] = t22;
    grad_state[1] = t6;
    grad_param[0] = t20;
    grad_param[1] = t17;
    grad_param[2] = t18;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_10aa6eca : refractory_lif_3188f0d4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = choose(t0, grad_next_in_v, splat<C>(0.0));
    const C t8 = choose(t0, splat<C>(0.0), grad_next_in_v);
    const C t9 = -t8;
    const C t10 = t9 * t1;
    const C t11 = grad_output * derivative_0;
    const C t12 = choose(t0, splat<C>(0.0), t11);
    const C t13 = t8 + t12;
    const C t14 = -t12;
    const C t15 = t10 + t14;
    const C t16 = t13 * kept_1;
    const C t17 = t13 * in_input_scale;
    const C t18 = t13 * kept_2;
    const C t19 = t13 * in_beta;
    const C t20 = t7 + t19;
    grad_input[0] = t17;
    grad_state[0] = t20;
    grad_state[1] = t6;
    grad_param[0] = t18;
    grad_param[1] = t15;
    grad_param[2] = t16;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_a272779a_step {
  using Step = refractory_lif_a272779a_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const C in_reset = param[4];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    const C t6 = fires(t5, strict);
    const C t7 = splat<C>(1.0) - t6;
    const C t8 = t7 * t3;
    const C t9 = in_reset * t6;
    const C t10 = t8 + t9;
    const C t11 = choose(t0, in_v, t10);
    const auto t12 = greater(t6, splat<C>(0.0));
    const auto t13 = greater(in_r, splat<C>(1.0));
    const C t14 = in_r - splat<C>(1.0);
    const C t15 = choose(t13, t14, splat<C>(0.0));
    const C t16 = choose(t12, in_refractory, t15);
    output = t6;
    next_state[0] = t11;
    next_state[1] = t16;
  }
};

struct refractory_lif_a272779a_replay : refractory_lif_a272779a_step {
  using Replay = refractory_lif_a272779a_replay;
  static constexpr int kSpikes = 1, kKept = 2;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = t3;
    kept[2] = in_x;
    kept[3] = in_v;
  }
};

struct refractory_lif_a272779a : refractory_lif_a272779a_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = choose(t0, grad_next_in_v, splat<C>(0.0));
    const C t9 = choose(t0, splat<C>(0.0), grad_next_in_v);
    const C t10 = t9 * t1;
    const C t11 = t9 * in_reset;
    const C t12 = grad_output + t11;
    const C t13 = t9 * kept_1;
    const C t14 = t9 * t2;
    const C t15 = -t13;
    const C t16 = t12 + t15;
    const C t17 = t16 * derivative_0;
    const C t18 = choose(t0, splat<C>(0.0), t17);
    const C t19 = t14 + t18;
    const C t20 = -t18;
    const C t21 = t19 * kept_2;
    const C t22 = t19 * in_input_scale;
    const C t23 = t19 * kept_3;
    const C t24 = t19 * in_beta;
    const C t25 = t8 + t24;
    grad_input[0] = t22;
    grad_state[0] = t25;
    grad_state[1] = t7;
    grad_param[0] = t23;
    grad_param[1] = t20;
    grad_param[2] = t21;
    grad_param[3] = t5;
    grad_param[4] = t10;
  }
};

struct refractory_lif_2e40e091_replay : refractory_lif_a272779a_step {
  using Replay = refractory_lif_2e40e091_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct refractory_lif_2e40e091 : refractory_lif_2e40e091_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = choose(t0, grad_next_in_v, splat<C>(0.0));
    const C t9 = choose(t0, splat<C>(0.0), grad_next_in_v);
    const C t10 = t9 * t1;
    const C t11 = t9 * t2;
    const C t12 = grad_output * derivative_0;
    const C t13 = choose(t0, splat<C>(0.0), t12);
    const C t14 = t11 + t13;
    const C t15 = -t13;
    const C t16 = t14 * kept_1;
    const C t17 = t14 * in_input_scale;
    const C t18 = t14 * kept_2;
    const C t19 = t14 * in_beta;
    const C t20 = t8 + t19;
    grad_input[0] = t17;
    grad_state[0] = t20;
    grad_state[1] = t7;
    grad_param[0] = t18;
    grad_param[1] = t15;
    grad_param[2] = t16;
    grad_param[3] = t5;
    grad_param[4] = t10;
  }
};

struct refractory_lif_670a7e16_step {
  using Step = refractory_lif_670a7e16_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = choose(t0, splat<C>(0.0), in_x);
    const C t3 = in_input_scale * t2;
    const C t4 = t1 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = choose(t0, splat<C>(-1.0), t5);
    const C t7 = fires(t6, strict);
    const C t8 = in_threshold * t7;
    const C t9 = t4 - t8;
    const auto t10 = greater(t7, splat<C>(0.0));
    const auto t11 = greater(in_r, splat<C>(1.0));
    const C t12 = in_r - splat<C>(1.0);
    const C t13 = choose(t11, t12, splat<C>(0.0));
    const C t14 = choose(t10, in_refractory, t13);
    output = t7;
    next_state[0] = t9;
    next_state[1] = t14;
  }
};

struct refractory_lif_670a7e16_replay : refractory_lif_670a7e16_step {
  using Replay = refractory_lif_670a7e16_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = choose(t0, splat<C>(0.0), in_x);
    const C t3 = in_input_scale * t2;
    const C t4 = t1 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = choose(t0, splat<C>(-1.0), t5);
    distance[0] = t6;
    kept[0] = in_r;
    kept[1] = in_v;
    kept[2] = t2;
  }
};

struct refractory_lif_670a7e16 : refractory_lif_670a7e16_replay {
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
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t1;
    const C t9 = t7 * in_threshold;
    const C t10 = grad_output + t9;
    const C t11 = t10 * derivative_0;
    const C t12 = choose(t0, splat<C>(0.0), t11);
    const C t13 = grad_next_in_v + t12;
    const C t14 = -t12;
    const C t15 = t8 + t14;
    const C t16 = t13 * kept_2;
    const C t17 = t13 * in_input_scale;
    const C t18 = choose(t0, splat<C>(0.0), t17);
    const C t19 = t13 * kept_1;
    const C t20 = t13 * in_beta;
    grad_input[0] = t18;
    grad_state[0] = t20;
    grad_state[1] = t6;
    grad_param[0] = t19;
    grad_param[1] = t15;
    grad_param[2] = t16;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_47450e05 : refractory_lif_670a7e16_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t1;
    const C t9 = grad_output * derivative_0;
    const C t10 = choose(t0, splat<C>(0.0), t9);
    const C t11 = grad_next_in_v + t10;
    const C t12 = -t10;
    const C t13 = t8 + t12;
    const C t14 = t11 * kept_2;
    const C t15 = t11 * in_input_scale;
    const C t16 = choose(t0, splat<C>(0.0), t15);
    const C t17 = t11 * kept_1;
    const C t18 = t11 * in_beta;
    grad_input[0] = t16;
    grad_state[0] = t18;
    grad_state[1] = t6;
    grad_param[0] = t17;
    grad_param[1] = t13;
    grad_param[2] = t14;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_ba462977_step {
  using Step = refractory_lif_ba462977_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const C in_reset = param[4];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = choose(t0, splat<C>(0.0), in_x);
    const C t3 = in_input_scale * t2;
    const C t4 = t1 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = choose(t0, splat<C>(-1.0), t5);
    const C t7 = fires(t6, strict);
    const C t8 = splat<C>(1.0) - t7;
    const C t9 = t8 * t4;
    const C t10 = in_reset * t7;
    const C t11 = t9 + t10;
    const auto t12 = greater(t7, splat<C>(0.0));
    const auto t13 = greater(in_r, splat<C>(1.0));
    const C t14 = in_r - splat<C>(1.0);
    const C t15 = choose(t13, t14, splat<C>(0.0));
    const C t16 = choose(t12, in_refractory, t15);
    output = t7;
    next_state[0] = t11;
    next_state[1] = t16;
  }
};

struct refractory_lif_ba462977_replay : refractory_lif_ba462977_step {
  using Replay = refractory_lif_ba462977_replay;
  static constexpr int kSpikes = 1, kKept = 2;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = choose(t0, splat<C>(0.0), in_x);
    const C t3 = in_input_scale * t2;
    const C t4 = t1 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = choose(t0, splat<C>(-1.0), t5);
    distance[0] = t6;
    kept[0] = in_r;
    kept[1] = t4;
    kept[2] = in_v;
    kept[3] = t2;
  }
};

struct refractory_lif_ba462977 : refractory_lif_ba462977_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = grad_next_in_v * t1;
    const C t9 = grad_next_in_v * in_reset;
    const C t10 = grad_output + t9;
    const C t11 = grad_next_in_v * kept_1;
    const C t12 = grad_next_in_v * t2;
    const C t13 = -t11;
    const C t14 = t10 + t13;
    const C t15 = t14 * derivative_0;
    const C t16 = choose(t0, splat<C>(0.0), t15);
    const C t17 = t12 + t16;
    const C t18 = -t16;
    const C t19 = t17 * kept_3;
    const C t20 = t17 * in_input_scale;
    const C t21 = choose(t0, splat<C>(0.0), t20);
    const C t22 = t17 * kept_2;
    const C t23 = t17 * in_beta;
    grad_input[0] = t21;
    grad_state[0] = t23;
    grad_state[1] = t7;
    grad_param[0] = t22;
    grad_param[1] = t18;
    grad_param[2] = t19;
    grad_param[3] = t5;
    grad_param[4] = t8;
  }
};

struct refractory_lif_5f403100_replay : refractory_lif_ba462977_step {
  using Replay = refractory_lif_5f403100_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = choose(t0, splat<C>(0.0), in_x);
    const C t3 = in_input_scale * t2;
    const C t4 = t1 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = choose(t0, splat<C>(-1.0), t5);
    distance[0] = t6;
    kept[0] = in_r;
    kept[1] = in_v;
    kept[2] = t2;
  }
};

struct refractory_lif_5f403100 : refractory_lif_5f403100_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = grad_next_in_v * t1;
    const C t9 = grad_next_in_v * t2;
    const C t10 = grad_output * derivative_0;
    const C t11 = choose(t0, splat<C>(0.0), t10);
    const C t12 = t9 + t11;
    const C t13 = -t11;
    const C t14 = t12 * kept_2;
    const C t15 = t12 * in_input_scale;
    const C t16 = choose(t0, splat<C>(0.0), t15);
    const C t17 = t12 * kept_1;
    const C t18 = t12 * in_beta;
    grad_input[0] = t16;
    grad_state[0] = t18;
    grad_state[1] = t7;
    grad_param[0] = t17;
    grad_param[1] = t13;
    grad_param[2] = t14;
    grad_param[3] = t5;
    grad_param[4] = t8;
  }
};

struct refractory_lif_b490b42e_step {
  using Step = refractory_lif_b490b42e_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    const C t6 = fires(t5, strict);
    const C t7 = in_threshold * t6;
    const C t8 = t3 - t7;
    const auto t9 = greater(t6, splat<C>(0.0));
    const auto t10 = greater(in_r, splat<C>(1.0));
    const C t11 = in_r - splat<C>(1.0);
    const C t12 = choose(t10, t11, splat<C>(0.0));
    const C t13 = choose(t9, in_refractory, t12);
    output = t6;
    next_state[0] = t8;
    next_state[1] = t13;
  }
};

struct refractory_lif_b490b42e_replay : refractory_lif_b490b42e_step {
  using Replay = refractory_lif_b490b42e_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct refractory_lif_b490b42e : refractory_lif_b490b42e_replay {
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
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t1;
    const C t9 = t7 * in_threshold;
    const C t10 = grad_output + t9;
    const C t11 = t10 * derivative_0;
    const C t12 = choose(t0, splat<C>(0.0), t11);
    const C t13 = grad_next_in_v + t12;
    const C t14 = -t12;
    const C t15 = t8 + t14;
    const C t16 = t13 * kept_1;
    const C t17 = t13 * in_input_scale;
    const C t18 = t13 * kept_2;
    const C t19 = t13 * in_beta;
    grad_input[0] = t17;
    grad_state[0] = t19;
    grad_state[1] = t6;
    grad_param[0] = t18;
    grad_param[1] = t15;
    grad_param[2] = t16;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_74da634c : refractory_lif_b490b42e_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const auto t2 = greater(t1, splat<C>(0.0));
    const auto t3 = greater(kept_0, splat<C>(1.0));
    const C t4 = choose(t2, grad_next_in_r, splat<C>(0.0));
    const C t5 = choose(t2, splat<C>(0.0), grad_next_in_r);
    const C t6 = choose(t3, t5, splat<C>(0.0));
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t1;
    const C t9 = grad_output * derivative_0;
    const C t10 = choose(t0, splat<C>(0.0), t9);
    const C t11 = grad_next_in_v + t10;
    const C t12 = -t10;
    const C t13 = t8 + t12;
    const C t14 = t11 * kept_1;
    const C t15 = t11 * in_input_scale;
    const C t16 = t11 * kept_2;
    const C t17 = t11 * in_beta;
    grad_input[0] = t15;
    grad_state[0] = t17;
    grad_state[1] = t6;
    grad_param[0] = t16;
    grad_param[1] = t13;
    grad_param[2] = t14;
    grad_param[3] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

struct refractory_lif_33cca28c_step {
  using Step = refractory_lif_33cca28c_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_refractory = param[3];
    const C in_reset = param[4];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    const C t6 = fires(t5, strict);
    const C t7 = splat<C>(1.0) - t6;
    const C t8 = t7 * t3;
    const C t9 = in_reset * t6;
    const C t10 = t8 + t9;
    const auto t11 = greater(t6, splat<C>(0.0));
    const auto t12 = greater(in_r, splat<C>(1.0));
    const C t13 = in_r - splat<C>(1.0);
    const C t14 = choose(t12, t13, splat<C>(0.0));
    const C t15 = choose(t11, in_refractory, t14);
    output = t6;
    next_state[0] = t10;
    next_state[1] = t15;
  }
};

struct refractory_lif_33cca28c_replay : refractory_lif_33cca28c_step {
  using Replay = refractory_lif_33cca28c_replay;
  static constexpr int kSpikes = 1, kKept = 2;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = t3;
    kept[2] = in_x;
    kept[3] = in_v;
  }
};

struct refractory_lif_33cca28c : refractory_lif_33cca28c_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = grad_next_in_v * t1;
    const C t9 = grad_next_in_v * in_reset;
    const C t10 = grad_output + t9;
    const C t11 = grad_next_in_v * kept_1;
    const C t12 = grad_next_in_v * t2;
    const C t13 = -t11;
    const C t14 = t10 + t13;
    const C t15 = t14 * derivative_0;
    const C t16 = choose(t0, splat<C>(0.0), t15);
    const C t17 = t12 + t16;
    const C t18 = -t16;
    const C t19 = t17 * kept_2;
    const C t20 = t17 * in_input_scale;
    const C t21 = t17 * kept_3;
    const C t22 = t17 * in_beta;
    grad_input[0] = t20;
    grad_state[0] = t22;
    grad_state[1] = t7;
    grad_param[0] = t21;
    grad_param[1] = t18;
    grad_param[2] = t19;
    grad_param[3] = t5;
    grad_param[4] = t8;
  }
};

struct refractory_lif_eeb09dcd_replay : refractory_lif_33cca28c_step {
  using Replay = refractory_lif_eeb09dcd_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_r = state[1];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const auto t0 = greater(in_r, splat<C>(0.0));
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_x;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = choose(t0, splat<C>(-1.0), t4);
    distance[0] = t5;
    kept[0] = in_r;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct refractory_lif_eeb09dcd : refractory_lif_eeb09dcd_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_r = grad_next_state[1];
    const auto t0 = greater(kept_0, splat<C>(0.0));
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const auto t3 = greater(t1, splat<C>(0.0));
    const auto t4 = greater(kept_0, splat<C>(1.0));
    const C t5 = choose(t3, grad_next_in_r, splat<C>(0.0));
    const C t6 = choose(t3, splat<C>(0.0), grad_next_in_r);
    const C t7 = choose(t4, t6, splat<C>(0.0));
    const C t8 = grad_next_in_v * t1;
    const C t9 = grad_next_in_v * t2;
    const C t10 = grad_output * derivative_0;
    const C t11 = choose(t0, splat<C>(0.0), t10);
    const C t12 = t9 + t11;
    const C t13 = -t11;
    const C t14 = t12 * kept_1;
    const C t15 = t12 * in_input_scale;
    const C t16 = t12 * kept_2;
    const C t17 = t12 * in_beta;
    grad_input[0] = t15;
    grad_state[0] = t17;
    grad_state[1] = t7;
    grad_param[0] = t16;
    grad_param[1] = t13;
    grad_param[2] = t14;
    grad_param[3] = t5;
    grad_param[4] = t8;
  }
};

struct current_lif_c049bb44_step {
  using Step = current_lif_c049bb44_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = in_alpha * t0;
    const C t7 = in_threshold * t5;
    const C t8 = t3 - t7;
    output = t5;
    next_state[0] = t6;
    next_state[1] = t8;
  }
};

struct current_lif_c049bb44_replay : current_lif_c049bb44_step {
  using Replay = current_lif_c049bb44_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
    kept[1] = t0;
  }
};

struct current_lif_c049bb44 : current_lif_c049bb44_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = t1 * in_threshold;
    const C t4 = grad_output + t3;
    const C t5 = grad_next_in_i * kept_1;
    const C t6 = grad_next_in_i * in_alpha;
    const C t7 = t4 * derivative_0;
    const C t8 = grad_next_in_v + t7;
    const C t9 = -t7;
    const C t10 = t2 + t9;
    const C t11 = t8 * kept_1;
    const C t12 = t8 * in_input_scale;
    const C t13 = t6 + t12;
    const C t14 = t8 * kept_0;
    const C t15 = t8 * in_beta;
    grad_input[0] = t13;
    grad_state[0] = t13;
    grad_state[1] = t15;
    grad_param[0] = t5;
    grad_param[1] = t14;
    grad_param[2] = t10;
    grad_param[3] = t11;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_6709d902 : current_lif_c049bb44_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = grad_next_in_i * kept_1;
    const C t4 = grad_next_in_i * in_alpha;
    const C t5 = grad_output * derivative_0;
    const C t6 = grad_next_in_v + t5;
    const C t7 = -t5;
    const C t8 = t2 + t7;
    const C t9 = t6 * kept_1;
    const C t10 = t6 * in_input_scale;
    const C t11 = t4 + t10;
    const C t12 = t6 * kept_0;
    const C t13 = t6 * in_beta;
    grad_input[0] = t11;
    grad_state[0] = t11;
    grad_state[1] = t13;
    grad_param[0] = t3;
    grad_param[1] = t12;
    grad_param[2] = t8;
    grad_param[3] = t9;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_f560f203_step {
  using Step = current_lif_f560f203_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = in_alpha * t0;
    output = t5;
    next_state[0] = t6;
    next_state[1] = t3;
  }
};

struct current_lif_f560f203_replay : current_lif_f560f203_step {
  using Replay = current_lif_f560f203_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
    kept[1] = t0;
  }
};

struct current_lif_f560f203 : current_lif_f560f203_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = grad_next_in_i * kept_1;
    const C t1 = grad_next_in_i * in_alpha;
    const C t2 = grad_output * derivative_0;
    const C t3 = grad_next_in_v + t2;
    const C t4 = -t2;
    const C t5 = t3 * kept_1;
    const C t6 = t3 * in_input_scale;
    const C t7 = t1 + t6;
    const C t8 = t3 * kept_0;
    const C t9 = t3 * in_beta;
    grad_input[0] = t7;
    grad_state[0] = t7;
    grad_state[1] = t9;
    grad_param[0] = t0;
    grad_param[1] = t8;
    grad_param[2] = t4;
    grad_param[3] = t5;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_4127d906_step {
  using Step = current_lif_4127d906_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    const C t5 = fires(t4, strict);
    const C t6 = in_alpha * t0;
    const C t7 = splat<C>(1.0) - t5;
    const C t8 = t7 * t3;
    const C t9 = in_reset * t5;
    const C t10 = t8 + t9;
    output = t5;
    next_state[0] = t6;
    next_state[1] = t10;
  }
};

struct current_lif_4127d906_replay : current_lif_4127d906_step {
  using Replay = current_lif_4127d906_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = t3;
    kept[1] = in_v;
    kept[2] = t0;
  }
};

struct current_lif_4127d906 : current_lif_4127d906_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * in_reset;
    const C t4 = grad_output + t3;
    const C t5 = grad_next_in_v * kept_0;
    const C t6 = grad_next_in_v * t1;
    const C t7 = -t5;
    const C t8 = t4 + t7;
    const C t9 = grad_next_in_i * kept_2;
    const C t10 = grad_next_in_i * in_alpha;
    const C t11 = t8 * derivative_0;
    const C t12 = t6 + t11;
    const C t13 = -t11;
    const C t14 = t12 * kept_2;
    const C t15 = t12 * in_input_scale;
    const C t16 = t10 + t15;
    const C t17 = t12 * kept_1;
    const C t18 = t12 * in_beta;
    grad_input[0] = t16;
    grad_state[0] = t16;
    grad_state[1] = t18;
    grad_param[0] = t9;
    grad_param[1] = t17;
    grad_param[2] = t13;
    grad_param[3] = t14;
    grad_param[4] = t2;
  }
};

struct current_lif_513fd317_replay : current_lif_4127d906_step {
  using Replay = current_lif_513fd317_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = t3 - in_threshold;
    distance[0] = t4;
    kept[0] = in_v;
    kept[1] = t0;
  }
};

struct current_lif_513fd317 : current_lif_513fd317_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_i * kept_1;
    const C t5 = grad_next_in_i * in_alpha;
    const C t6 = grad_output * derivative_0;
    const C t7 = t3 + t6;
    const C t8 = -t6;
    const C t9 = t7 * kept_1;
    const C t10 = t7 * in_input_scale;
    const C t11 = t5 + t10;
    const C t12 = t7 * kept_0;
    const C t13 = t7 * in_beta;
    grad_input[0] = t11;
    grad_state[0] = t11;
    grad_state[1] = t13;
    grad_param[0] = t4;
    grad_param[1] = t12;
    grad_param[2] = t8;
    grad_param[3] = t9;
    grad_param[4] = t2;
  }
};

struct current_lif_5a1b9a31_step {
  using Step = current_lif_5a1b9a31_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = in_threshold * t1;
    const C t8 = t6 - t7;
    const C t9 = t8 - in_threshold;
    const C t10 = fires(t9, strict);
    output = t10;
    next_state[0] = t3;
    next_state[1] = t8;
  }
};

struct current_lif_5a1b9a31_replay : current_lif_5a1b9a31_step {
  using Replay = current_lif_5a1b9a31_replay;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = in_threshold * t1;
    const C t8 = t6 - t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    distance[1] = t0;
    kept[0] = in_i;
    kept[1] = in_v;
    kept[2] = t3;
  }
};

struct current_lif_5a1b9a31 : current_lif_5a1b9a31_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_1, strict);
    const C t1 = grad_output * derivative_0;
    const C t2 = grad_next_in_v + t1;
    const C t3 = -t1;
    const C t4 = -t2;
    const C t5 = t4 * t0;
    const C t6 = t3 + t5;
    const C t7 = t4 * in_threshold;
    const C t8 = t2 * kept_2;
    const C t9 = t2 * in_input_scale;
    const C t10 = grad_next_in_i + t9;
    const C t11 = t2 * kept_1;
    const C t12 = t2 * in_beta;
    const C t13 = t10 * kept_0;
    const C t14 = t10 * in_alpha;
    const C t15 = t7 * derivative_1;
    const C t16 = t12 + t15;
    const C t17 = -t15;
    const C t18 = t6 + t17;
    grad_input[0] = t10;
    grad_state[0] = t14;
    grad_state[1] = t16;
    grad_param[0] = t13;
    grad_param[1] = t11;
    grad_param[2] = t18;
    grad_param[3] = t8;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_fd2cb368_replay : current_lif_5a1b9a31_step {
  using Replay = current_lif_fd2cb368_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = in_threshold * t1;
    const C t8 = t6 - t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    kept[0] = in_i;
    kept[1] = in_v;
    kept[2] = t3;
  }
};

struct current_lif_fd2cb368 : current_lif_fd2cb368_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = kept_1 - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = grad_output * derivative_0;
    const C t3 = grad_next_in_v + t2;
    const C t4 = -t2;
    const C t5 = -t3;
    const C t6 = t5 * t1;
    const C t7 = t4 + t6;
    const C t8 = t3 * kept_2;
    const C t9 = t3 * in_input_scale;
    const C t10 = grad_next_in_i + t9;
    const C t11 = t3 * kept_1;
    const C t12 = t3 * in_beta;
    const C t13 = t10 * kept_0;
    const C t14 = t10 * in_alpha;
    grad_input[0] = t10;
    grad_state[0] = t14;
    grad_state[1] = t12;
    grad_param[0] = t13;
    grad_param[1] = t11;
    grad_param[2] = t7;
    grad_param[3] = t8;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_c9d67950_step {
  using Step = current_lif_c9d67950_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_alpha * in_i;
    const C t1 = t0 + in_x;
    const C t2 = in_beta * in_v;
    const C t3 = in_input_scale * t1;
    const C t4 = t2 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = fires(t5, strict);
    output = t6;
    next_state[0] = t1;
    next_state[1] = t4;
  }
};

struct current_lif_c9d67950_replay : current_lif_c9d67950_step {
  using Replay = current_lif_c9d67950_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_alpha * in_i;
    const C t1 = t0 + in_x;
    const C t2 = in_beta * in_v;
    const C t3 = in_input_scale * t1;
    const C t4 = t2 + t3;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    kept[0] = in_i;
    kept[1] = in_v;
    kept[2] = t1;
  }
};

struct current_lif_c9d67950 : current_lif_c9d67950_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    const C t3 = t1 * kept_2;
    const C t4 = t1 * in_input_scale;
    const C t5 = grad_next_in_i + t4;
    const C t6 = t1 * kept_1;
    const C t7 = t1 * in_beta;
    const C t8 = t5 * kept_0;
    const C t9 = t5 * in_alpha;
    grad_input[0] = t5;
    grad_state[0] = t9;
    grad_state[1] = t7;
    grad_param[0] = t8;
    grad_param[1] = t6;
    grad_param[2] = t2;
    grad_param[3] = t3;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_37e6985b_step {
  using Step = current_lif_37e6985b_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = splat<C>(1.0) - t1;
    const C t8 = t7 * t6;
    const C t9 = in_reset * t1;
    const C t10 = t8 + t9;
    const C t11 = t10 - in_threshold;
    const C t12 = fires(t11, strict);
    output = t12;
    next_state[0] = t3;
    next_state[1] = t10;
  }
};

struct current_lif_37e6985b_replay : current_lif_37e6985b_step {
  using Replay = current_lif_37e6985b_replay;
  static constexpr int kSpikes = 2, kKept = 1;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = splat<C>(1.0) - t1;
    const C t8 = t7 * t6;
    const C t9 = in_reset * t1;
    const C t10 = t8 + t9;
    const C t11 = t10 - in_threshold;
    distance[0] = t11;
    distance[1] = t0;
    kept[0] = t6;
    kept[1] = in_i;
    kept[2] = in_v;
    kept[3] = t3;
  }
};

struct current_lif_37e6985b : current_lif_37e6985b_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_1, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_output * derivative_0;
    const C t3 = grad_next_in_v + t2;
    const C t4 = -t2;
    const C t5 = t3 * t0;
    const C t6 = t3 * in_reset;
    const C t7 = t3 * kept_0;
    const C t8 = t3 * t1;
    const C t9 = -t7;
    const C t10 = t6 + t9;
    const C t11 = t8 * kept_3;
    const C t12 = t8 * in_input_scale;
    const C t13 = grad_next_in_i + t12;
    const C t14 = t8 * kept_2;
    const C t15 = t8 * in_beta;
    const C t16 = t13 * kept_1;
    const C t17 = t13 * in_alpha;
    const C t18 = t10 * derivative_1;
    const C t19 = t15 + t18;
    const C t20 = -t18;
    const C t21 = t4 + t20;
    grad_input[0] = t13;
    grad_state[0] = t17;
    grad_state[1] = t19;
    grad_param[0] = t16;
    grad_param[1] = t14;
    grad_param[2] = t21;
    grad_param[3] = t11;
    grad_param[4] = t5;
  }
};

struct current_lif_d7d48ed7_replay : current_lif_37e6985b_step {
  using Replay = current_lif_d7d48ed7_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_i;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_v;
    const C t5 = in_input_scale * t3;
    const C t6 = t4 + t5;
    const C t7 = splat<C>(1.0) - t1;
    const C t8 = t7 * t6;
    const C t9 = in_reset * t1;
    const C t10 = t8 + t9;
    const C t11 = t10 - in_threshold;
    distance[0] = t11;
    kept[0] = in_v;
    kept[1] = in_i;
    kept[2] = t3;
  }
};

struct current_lif_d7d48ed7 : current_lif_d7d48ed7_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = kept_0 - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = grad_output * derivative_0;
    const C t4 = grad_next_in_v + t3;
    const C t5 = -t3;
    const C t6 = t4 * t1;
    const C t7 = t4 * t2;
    const C t8 = t7 * kept_2;
    const C t9 = t7 * in_input_scale;
    const C t10 = grad_next_in_i + t9;
    const C t11 = t7 * kept_0;
    const C t12 = t7 * in_beta;
    const C t13 = t10 * kept_1;
    const C t14 = t10 * in_alpha;
    grad_input[0] = t10;
    grad_state[0] = t14;
    grad_state[1] = t12;
    grad_param[0] = t13;
    grad_param[1] = t11;
    grad_param[2] = t5;
    grad_param[3] = t8;
    grad_param[4] = t6;
  }
};

struct current_lif_5c9b9d6b_step {
  using Step = current_lif_5c9b9d6b_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_beta * in_v;
    const C t3 = in_input_scale * in_i;
    const C t4 = t2 + t3;
    const C t5 = in_alpha * in_i;
    const C t6 = t5 + in_x;
    const C t7 = in_threshold * t1;
    const C t8 = t4 - t7;
    output = t1;
    next_state[0] = t6;
    next_state[1] = t8;
  }
};

struct current_lif_5c9b9d6b_replay : current_lif_5c9b9d6b_step {
  using Replay = current_lif_5c9b9d6b_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_threshold = param[2];
    const C t0 = in_v - in_threshold;
    distance[0] = t0;
    kept[0] = in_i;
    kept[1] = in_v;
  }
};

struct current_lif_5c9b9d6b : current_lif_5c9b9d6b_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = t1 * in_threshold;
    const C t4 = grad_output + t3;
    const C t5 = grad_next_in_i * kept_0;
    const C t6 = grad_next_in_i * in_alpha;
    const C t7 = grad_next_in_v * kept_0;
    const C t8 = grad_next_in_v * in_input_scale;
    const C t9 = t6 + t8;
    const C t10 = grad_next_in_v * kept_1;
    const C t11 = grad_next_in_v * in_beta;
    const C t12 = t4 * derivative_0;
    const C t13 = t11 + t12;
    const C t14 = -t12;
    const C t15 = t2 + t14;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t9;
    grad_state[1] = t13;
    grad_param[0] = t5;
    grad_param[1] = t10;
    grad_param[2] = t15;
    grad_param[3] = t7;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_2cad0446 : current_lif_5c9b9d6b_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = -grad_next_in_v;
    const C t2 = t1 * t0;
    const C t3 = grad_next_in_i * kept_0;
    const C t4 = grad_next_in_i * in_alpha;
    const C t5 = grad_next_in_v * kept_0;
    const C t6 = grad_next_in_v * in_input_scale;
    const C t7 = t4 + t6;
    const C t8 = grad_next_in_v * kept_1;
    const C t9 = grad_next_in_v * in_beta;
    const C t10 = grad_output * derivative_0;
    const C t11 = t9 + t10;
    const C t12 = -t10;
    const C t13 = t2 + t12;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t7;
    grad_state[1] = t11;
    grad_param[0] = t3;
    grad_param[1] = t8;
    grad_param[2] = t13;
    grad_param[3] = t5;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_54b4d754_step {
  using Step = current_lif_54b4d754_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_beta * in_v;
    const C t3 = in_input_scale * in_i;
    const C t4 = t2 + t3;
    const C t5 = in_alpha * in_i;
    const C t6 = t5 + in_x;
    output = t1;
    next_state[0] = t6;
    next_state[1] = t4;
  }
};

struct current_lif_54b4d754_replay : current_lif_54b4d754_step {
  using Replay = current_lif_54b4d754_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_threshold = param[2];
    const C t0 = in_v - in_threshold;
    distance[0] = t0;
    kept[0] = in_i;
    kept[1] = in_v;
  }
};

struct current_lif_54b4d754 : current_lif_54b4d754_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = grad_next_in_i * kept_0;
    const C t1 = grad_next_in_i * in_alpha;
    const C t2 = grad_next_in_v * kept_0;
    const C t3 = grad_next_in_v * in_input_scale;
    const C t4 = t1 + t3;
    const C t5 = grad_next_in_v * kept_1;
    const C t6 = grad_next_in_v * in_beta;
    const C t7 = grad_output * derivative_0;
    const C t8 = t6 + t7;
    const C t9 = -t7;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t4;
    grad_state[1] = t8;
    grad_param[0] = t0;
    grad_param[1] = t5;
    grad_param[2] = t9;
    grad_param[3] = t2;
    grad_param[4] = splat<C>(0.0);
  }
};

struct current_lif_ae5e4250_step {
  using Step = current_lif_ae5e4250_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_beta * in_v;
    const C t3 = in_input_scale * in_i;
    const C t4 = t2 + t3;
    const C t5 = in_alpha * in_i;
    const C t6 = t5 + in_x;
    const C t7 = splat<C>(1.0) - t1;
    const C t8 = t7 * t4;
    const C t9 = in_reset * t1;
    const C t10 = t8 + t9;
    output = t1;
    next_state[0] = t6;
    next_state[1] = t10;
  }
};

struct current_lif_ae5e4250_replay : current_lif_ae5e4250_step {
  using Replay = current_lif_ae5e4250_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_beta = param[1];
    const C in_threshold = param[2];
    const C in_input_scale = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * in_i;
    const C t3 = t1 + t2;
    distance[0] = t0;
    kept[0] = t3;
    kept[1] = in_i;
    kept[2] = in_v;
  }
};

struct current_lif_ae5e4250 : current_lif_ae5e4250_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C in_reset = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * in_reset;
    const C t4 = grad_output + t3;
    const C t5 = grad_next_in_v * kept_0;
    const C t6 = grad_next_in_v * t1;
    const C t7 = -t5;
    const C t8 = t4 + t7;
    const C t9 = grad_next_in_i * kept_1;
    const C t10 = grad_next_in_i * in_alpha;
    const C t11 = t6 * kept_1;
    const C t12 = t6 * in_input_scale;
    const C t13 = t10 + t12;
    const C t14 = t6 * kept_2;
    const C t15 = t6 * in_beta;
    const C t16 = t8 * derivative_0;
    const C t17 = t15 + t16;
    const C t18 = -t16;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t13;
    grad_state[1] = t17;
    grad_param[0] = t9;
    grad_param[1] = t14;
    grad_param[2] = t18;
    grad_param[3] = t11;
    grad_param[4] = t2;
  }
};

struct current_lif_dcf40262_replay : current_lif_ae5e4250_step {
  using Replay = current_lif_dcf40262_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_threshold = param[2];
    const C t0 = in_v - in_threshold;
    distance[0] = t0;
    kept[0] = in_i;
    kept[1] = in_v;
  }
};

struct current_lif_dcf40262 : current_lif_dcf40262_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = grad_next_in_v * t0;
    const C t3 = grad_next_in_v * t1;
    const C t4 = grad_next_in_i * kept_0;
    const C t5 = grad_next_in_i * in_alpha;
    const C t6 = t3 * kept_0;
    const C t7 = t3 * in_input_scale;
    const C t8 = t5 + t7;
    const C t9 = t3 * kept_1;
    const C t10 = t3 * in_beta;
    const C t11 = grad_output * derivative_0;
    const C t12 = t10 + t11;
    const C t13 = -t11;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t8;
    grad_state[1] = t12;
    grad_param[0] = t4;
    grad_param[1] = t9;
    grad_param[2] = t13;
    grad_param[3] = t6;
    grad_param[4] = t2;
  }
};

struct alpha_neuron_09c98840_step {
  using Step = alpha_neuron_09c98840_step;
  static constexpr int kInputs = 1, kStates = 3, kParams = 4;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_v = state[2];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_excitation;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_inhibition;
    const C t5 = t4 - in_x;
    const C t6 = t3 + t5;
    const C t7 = in_gain * t6;
    const C t8 = t3 * t1;
    const C t9 = t3 - t8;
    const C t10 = t5 * t1;
    const C t11 = t5 - t10;
    const C t12 = t7 * t1;
    const C t13 = t7 - t12;
    const C t14 = t13 - in_threshold;
    const C t15 = fires(t14, strict);
    output = t15;
    next_state[0] = t9;
    next_state[1] = t11;
    next_state[2] = t13;
  }
};

struct alpha_neuron_09c98840_replay : alpha_neuron_09c98840_step {
  using Replay = alpha_neuron_09c98840_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_v = state[2];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_excitation;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_inhibition;
    const C t5 = t4 - in_x;
    const C t6 = t3 + t5;
    const C t7 = in_gain * t6;
    const C t8 = t7 * t1;
    const C t9 = t7 - t8;
    const C t10 = t9 - in_threshold;
    distance[0] = t10;
    kept[0] = t1;
    kept[1] = in_excitation;
    kept[2] = in_inhibition;
    kept[3] = t6;
  }
};

struct alpha_neuron_09c98840 : alpha_neuron_09c98840_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_excitation = grad_next_state[0];
    const C grad_next_in_inhibition = grad_next_state[1];
    const C grad_next_in_v = grad_next_state[2];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    const C t3 = -t1;
    const C t4 = t3 * kept_0;
    const C t5 = t1 + t4;
    const C t6 = -grad_next_in_inhibition;
    const C t7 = t6 * kept_0;
    const C t8 = grad_next_in_inhibition + t7;
    const C t9 = -grad_next_in_excitation;
    const C t10 = t9 * kept_0;
    const C t11 = grad_next_in_excitation + t10;
    const C t12 = t5 * kept_3;
    const C t13 = t5 * in_gain;
    const C t14 = t11 + t13;
    const C t15 = t8 + t13;
    const C t16 = -t15;
    const C t17 = t15 * kept_2;
    const C t18 = t15 * in_beta;
    const C t19 = t16 + t14;
    const C t20 = t14 * kept_1;
    const C t21 = t14 * in_alpha;
    grad_input[0] = t19;
    grad_state[0] = t21;
    grad_state[1] = t18;
    grad_state[2] = splat<C>(0.0);
    grad_param[0] = t20;
    grad_param[1] = t17;
    grad_param[2] = t12;
    grad_param[3] = t2;
  }
};

struct alpha_neuron_ec2df591_step {
  using Step = alpha_neuron_ec2df591_step;
  static constexpr int kInputs = 1, kStates = 3, kParams = 4;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_v = state[2];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_excitation;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_inhibition;
    const C t5 = t4 - in_x;
    const C t6 = t3 + t5;
    const C t7 = in_gain * t6;
    const C t8 = in_threshold * t1;
    const C t9 = t3 - t8;
    const C t10 = t5 * t1;
    const C t11 = t5 - t10;
    const C t12 = in_inhibition * t1;
    const C t13 = t7 + t12;
    const C t14 = t13 - in_threshold;
    const C t15 = fires(t14, strict);
    output = t15;
    next_state[0] = t9;
    next_state[1] = t11;
    next_state[2] = t13;
  }
};

struct alpha_neuron_ec2df591_replay : alpha_neuron_ec2df591_step {
  using Replay = alpha_neuron_ec2df591_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_v = state[2];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_v - in_threshold;
    const C t1 = fires(t0, strict);
    const C t2 = in_alpha * in_excitation;
    const C t3 = t2 + in_x;
    const C t4 = in_beta * in_inhibition;
    const C t5 = t4 - in_x;
    const C t6 = t3 + t5;
    const C t7 = in_gain * t6;
    const C t8 = in_inhibition * t1;
    const C t9 = t7 + t8;
    const C t10 = t9 - in_threshold;
    distance[0] = t10;
    kept[0] = t1;
    kept[1] = in_excitation;
    kept[2] = in_inhibition;
    kept[3] = t6;
  }
};

struct alpha_neuron_ec2df591 : alpha_neuron_ec2df591_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_excitation = grad_next_state[0];
    const C grad_next_in_inhibition = grad_next_state[1];
    const C grad_next_in_v = grad_next_state[2];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    const C t3 = t1 * kept_0;
    const C t4 = -grad_next_in_inhibition;
    const C t5 = t4 * kept_0;
    const C t6 = grad_next_in_inhibition + t5;
    const C t7 = -grad_next_in_excitation;
    const C t8 = t7 * kept_0;
    const C t9 = t2 + t8;
    const C t10 = t1 * kept_3;
    const C t11 = t1 * in_gain;
    const C t12 = grad_next_in_excitation + t11;
    const C t13 = t6 + t11;
    const C t14 = -t13;
    const C t15 = t13 * kept_2;
    const C t16 = t13 * in_beta;
    const C t17 = t3 + t16;
    const C t18 = t14 + t12;
    const C t19 = t12 * kept_1;
    const C t20 = t12 * in_alpha;
    grad_input[0] = t18;
    grad_state[0] = t20;
    grad_state[1] = t17;
    grad_state[2] = splat<C>(0.0);
    grad_param[0] = t19;
    grad_param[1] = t15;
    grad_param[2] = t10;
    grad_param[3] = t9;
  }
};

struct alpha_neuron_6723a279_step {
  using Step = alpha_neuron_6723a279_step;
  static constexpr int kInputs = 1, kStates = 3, kParams = 4;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_alpha * in_excitation;
    const C t1 = t0 + in_x;
    const C t2 = in_beta * in_inhibition;
    const C t3 = t2 - in_x;
    const C t4 = t1 + t3;
    const C t5 = in_gain * t4;
    const C t6 = t5 - in_threshold;
    const C t7 = fires(t6, strict);
    output = t7;
    next_state[0] = t1;
    next_state[1] = t3;
    next_state[2] = t5;
  }
};

struct alpha_neuron_6723a279_replay : alpha_neuron_6723a279_step {
  using Replay = alpha_neuron_6723a279_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_excitation = state[0];
    const C in_inhibition = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C in_threshold = param[3];
    const C t0 = in_alpha * in_excitation;
    const C t1 = t0 + in_x;
    const C t2 = in_beta * in_inhibition;
    const C t3 = t2 - in_x;
    const C t4 = t1 + t3;
    const C t5 = in_gain * t4;
    const C t6 = t5 - in_threshold;
    distance[0] = t6;
    kept[0] = in_excitation;
    kept[1] = in_inhibition;
    kept[2] = t4;
  }
};

struct alpha_neuron_6723a279 : alpha_neuron_6723a279_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_gain = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_excitation = grad_next_state[0];
    const C grad_next_in_inhibition = grad_next_state[1];
    const C grad_next_in_v = grad_next_state[2];
    const C t0 = grad_output * derivative_0;
    const C t1 = grad_next_in_v + t0;
    const C t2 = -t0;
    const C t3 = t1 * kept_2;
    const C t4 = t1 * in_gain;
    const C t5 = grad_next_in_excitation + t4;
    const C t6 = grad_next_in_inhibition + t4;
    const C t7 = -t6;
    const C t8 = t6 * kept_1;
    const C t9 = t6 * in_beta;
    const C t10 = t7 + t5;
    const C t11 = t5 * kept_0;
    const C t12 = t5 * in_alpha;
    grad_input[0] = t10;
    grad_state[0] = t12;
    grad_state[1] = t9;
    grad_state[2] = splat<C>(0.0);
    grad_param[0] = t11;
    grad_param[1] = t8;
    grad_param[2] = t3;
    grad_param[3] = t2;
  }
};

struct leaky_integrator_6efd95ce_step {
  using Step = leaky_integrator_6efd95ce_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 2;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_input_scale = param[1];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    output = t2;
    next_state[0] = t2;
  }
};

struct leaky_integrator_6efd95ce_replay : leaky_integrator_6efd95ce_step {
  using Replay = leaky_integrator_6efd95ce_replay;
  static constexpr int kSpikes = 0, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    kept[0] = in_x;
    kept[1] = in_v;
  }
};

struct leaky_integrator_6efd95ce : leaky_integrator_6efd95ce_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = grad_output + grad_next_in_v;
    const C t1 = t0 * kept_0;
    const C t2 = t0 * in_input_scale;
    const C t3 = t0 * kept_1;
    const C t4 = t0 * in_beta;
    grad_input[0] = t2;
    grad_state[0] = t4;
    grad_param[0] = t3;
    grad_param[1] = t1;
  }
};

struct current_leaky_integrator_00aaa3ba_step {
  using Step = current_leaky_integrator_00aaa3ba_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 3;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_i + in_x;
    const C t1 = in_beta * in_v;
    const C t2 = in_input_scale * t0;
    const C t3 = t1 + t2;
    const C t4 = in_alpha * t0;
    output = t3;
    next_state[0] = t4;
    next_state[1] = t3;
  }
};

struct current_leaky_integrator_00aaa3ba_replay : current_leaky_integrator_00aaa3ba_step {
  using Replay = current_leaky_integrator_00aaa3ba_replay;
  static constexpr int kSpikes = 0, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C t0 = in_i + in_x;
    kept[0] = in_v;
    kept[1] = t0;
  }
};

struct current_leaky_integrator_00aaa3ba : current_leaky_integrator_00aaa3ba_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = grad_output + grad_next_in_v;
    const C t1 = grad_next_in_i * kept_1;
    const C t2 = grad_next_in_i * in_alpha;
    const C t3 = t0 * kept_1;
    const C t4 = t0 * in_input_scale;
    const C t5 = t2 + t4;
    const C t6 = t0 * kept_0;
    const C t7 = t0 * in_beta;
    grad_input[0] = t5;
    grad_state[0] = t5;
    grad_state[1] = t7;
    grad_param[0] = t1;
    grad_param[1] = t6;
    grad_param[2] = t3;
  }
};

struct current_leaky_integrator_560ccf6c_step {
  using Step = current_leaky_integrator_560ccf6c_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 3;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_i = state[0];
    const C in_v = state[1];
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_i;
    const C t2 = t0 + t1;
    const C t3 = in_alpha * in_i;
    const C t4 = t3 + in_x;
    output = t2;
    next_state[0] = t4;
    next_state[1] = t2;
  }
};

struct current_leaky_integrator_560ccf6c_replay : current_leaky_integrator_560ccf6c_step {
  using Replay = current_leaky_integrator_560ccf6c_replay;
  static constexpr int kSpikes = 0, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_i = state[0];
    const C in_v = state[1];
    kept[0] = in_i;
    kept[1] = in_v;
  }
};

struct current_leaky_integrator_560ccf6c : current_leaky_integrator_560ccf6c_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_beta = param[1];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C grad_next_in_i = grad_next_state[0];
    const C grad_next_in_v = grad_next_state[1];
    const C t0 = grad_output + grad_next_in_v;
    const C t1 = grad_next_in_i * kept_0;
    const C t2 = grad_next_in_i * in_alpha;
    const C t3 = t0 * kept_0;
    const C t4 = t0 * in_input_scale;
    const C t5 = t2 + t4;
    const C t6 = t0 * kept_1;
    const C t7 = t0 * in_beta;
    grad_input[0] = grad_next_in_i;
    grad_state[0] = t5;
    grad_state[1] = t7;
    grad_param[0] = t1;
    grad_param[1] = t6;
    grad_param[2] = t3;
  }
};

struct adlif_d26197a8_step {
  using Step = adlif_d26197a8_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 5;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_u = state[0];
    const C in_w = state[1];
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C in_threshold = param[4];
    const C t0 = in_alpha * in_u;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = in_x - in_w;
    const C t3 = t1 * t2;
    const C t4 = t0 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = fires(t5, strict);
    const C t7 = in_threshold * t6;
    const C t8 = t4 - t7;
    const C t9 = in_rho * in_w;
    const C t10 = in_a * t4;
    const C t11 = t9 + t10;
    const C t12 = in_b * t6;
    const C t13 = t11 + t12;
    output = t6;
    next_state[0] = t8;
    next_state[1] = t13;
  }
};

struct adlif_d26197a8_replay : adlif_d26197a8_step {
  using Replay = adlif_d26197a8_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_u = state[0];
    const C in_w = state[1];
    const C in_alpha = param[0];
    const C in_threshold = param[4];
    const C t0 = in_alpha * in_u;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = in_x - in_w;
    const C t3 = t1 * t2;
    const C t4 = t0 + t3;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    kept[0] = in_u;
    kept[1] = in_w;
    kept[2] = t2;
  }
};

struct adlif_d26197a8 : adlif_d26197a8_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C in_threshold = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_u = grad_next_state[0];
    const C grad_next_in_w = grad_next_state[1];
    const C t0 = in_alpha * kept_0;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = t1 * kept_2;
    const C t3 = t0 + t2;
    const C t4 = fires(distance_0, strict);
    const C t5 = grad_next_in_w * t4;
    const C t6 = grad_next_in_w * in_b;
    const C t7 = grad_output + t6;
    const C t8 = grad_next_in_w * t3;
    const C t9 = grad_next_in_w * in_a;
    const C t10 = grad_next_in_w * kept_1;
    const C t11 = grad_next_in_w * in_rho;
    const C t12 = t9 + grad_next_in_u;
    const C t13 = -grad_next_in_u;
    const C t14 = t13 * t4;
    const C t15 = t13 * in_threshold;
    const C t16 = t7 + t15;
    const C t17 = t16 * derivative_0;
    const C t18 = t12 + t17;
    const C t19 = -t17;
    const C t20 = t14 + t19;
    const C t21 = t18 * kept_2;
    const C t22 = t18 * t1;
    const C t23 = -t22;
    const C t24 = t11 + t23;
    const C t25 = -t21;
    const C t26 = t18 * kept_0;
    const C t27 = t25 + t26;
    const C t28 = t18 * in_alpha;
    grad_input[0] = t22;
    grad_state[0] = t28;
    grad_state[1] = t24;
    grad_param[0] = t27;
    grad_param[1] = t10;
    grad_param[2] = t8;
    grad_param[3] = t5;
    grad_param[4] = t20;
  }
};

struct adlif_c68d42f9 : adlif_d26197a8_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_u = grad_next_state[0];
    const C grad_next_in_w = grad_next_state[1];
    const C t0 = in_alpha * kept_0;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = t1 * kept_2;
    const C t3 = t0 + t2;
    const C t4 = fires(distance_0, strict);
    const C t5 = grad_next_in_w * t4;
    const C t6 = grad_next_in_w * in_b;
    const C t7 = grad_output + t6;
    const C t8 = grad_next_in_w * t3;
    const C t9 = grad_next_in_w * in_a;
    const C t10 = grad_next_in_w * kept_1;
    const C t11 = grad_next_in_w * in_rho;
    const C t12 = t9 + grad_next_in_u;
    const C t13 = -grad_next_in_u;
    const C t14 = t13 * t4;
    const C t15 = t7 * derivative_0;
    const C t16 = t12 + t15;
    const C t17 = -t15;
    const C t18 = t14 + t17;
    const C t19 = t16 * kept_2;
    const C t20 = t16 * t1;
    const C t21 = -t20;
    const C t22 = t11 + t21;
    const C t23 = -t19;
    const C t24 = t16 * kept_0;
    const C t25 = t23 + t24;
    const C t26 = t16 * in_alpha;
    grad_input[0] = t20;
    grad_state[0] = t26;
    grad_state[1] = t22;
    grad_param[0] = t25;
    grad_param[1] = t10;
    grad_param[2] = t8;
    grad_param[3] = t5;
    grad_param[4] = t18;
  }
};

struct symplectic_adlif_7ef3906a_step {
  using Step = symplectic_adlif_7ef3906a_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 6;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_u = state[0];
    const C in_w = state[1];
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C in_q = param[4];
    const C in_threshold = param[5];
    const C t0 = in_alpha * in_u;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = in_x - in_w;
    const C t3 = t1 * t2;
    const C t4 = t0 + t3;
    const C t5 = t4 - in_threshold;
    const C t6 = fires(t5, strict);
    const C t7 = splat<C>(1.0) - t6;
    const C t8 = t4 * t7;
    const C t9 = in_rho * in_w;
    const C t10 = splat<C>(1.0) - in_rho;
    const C t11 = in_a * t8;
    const C t12 = in_b * t6;
    const C t13 = t11 + t12;
    const C t14 = t10 * t13;
    const C t15 = t14 * in_q;
    const C t16 = t9 + t15;
    output = t6;
    next_state[0] = t8;
    next_state[1] = t16;
  }
};

struct symplectic_adlif_7ef3906a_replay : symplectic_adlif_7ef3906a_step {
  using Replay = symplectic_adlif_7ef3906a_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_u = state[0];
    const C in_w = state[1];
    const C in_alpha = param[0];
    const C in_threshold = param[5];
    const C t0 = in_alpha * in_u;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = in_x - in_w;
    const C t3 = t1 * t2;
    const C t4 = t0 + t3;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    kept[0] = t4;
    kept[1] = in_u;
    kept[2] = in_w;
    kept[3] = t2;
  }
};

struct symplectic_adlif_7ef3906a : symplectic_adlif_7ef3906a_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C in_q = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_u = grad_next_state[0];
    const C grad_next_in_w = grad_next_state[1];
    const C t0 = splat<C>(1.0) - in_alpha;
    const C t1 = fires(distance_0, strict);
    const C t2 = splat<C>(1.0) - t1;
    const C t3 = kept_0 * t2;
    const C t4 = splat<C>(1.0) - in_rho;
    const C t5 = in_a * t3;
    const C t6 = in_b * t1;
    const C t7 = t5 + t6;
    const C t8 = t4 * t7;
    const C t9 = grad_next_in_w * in_q;
    const C t10 = grad_next_in_w * t8;
    const C t11 = t9 * t7;
    const C t12 = t9 * t4;
    const C t13 = t12 * t1;
    const C t14 = t12 * in_b;
    const C t15 = grad_output + t14;
    const C t16 = t12 * t3;
    const C t17 = t12 * in_a;
    const C t18 = grad_next_in_u + t17;
    const C t19 = -t11;
    const C t20 = grad_next_in_w * kept_2;
    const C t21 = t19 + t20;
    const C t22 = grad_next_in_w * in_rho;
    const C t23 = t18 * t2;
    const C t24 = t18 * kept_0;
    const C t25 = -t24;
    const C t26 = t15 + t25;
    const C t27 = t26 * derivative_0;
    const C t28 = t23 + t27;
    const C t29 = -t27;
    const C t30 = t28 * kept_3;
    const C t31 = t28 * t0;
    const C t32 = -t31;
    const C t33 = t22 + t32;
    const C t34 = -t30;
    const C t35 = t28 * kept_1;
    const C t36 = t34 + t35;
    const C t37 = t28 * in_alpha;
    grad_input[0] = t31;
    grad_state[0] = t37;
    grad_state[1] = t33;
    grad_param[0] = t36;
    grad_param[1] = t21;
    grad_param[2] = t16;
    grad_param[3] = t13;
    grad_param[4] = t10;
    grad_param[5] = t29;
  }
};

struct symplectic_adlif_6a52c249_replay : symplectic_adlif_7ef3906a_step {
  using Replay = symplectic_adlif_6a52c249_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_u = state[0];
    const C in_w = state[1];
    const C in_alpha = param[0];
    const C in_threshold = param[5];
    const C t0 = in_alpha * in_u;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = in_x - in_w;
    const C t3 = t1 * t2;
    const C t4 = t0 + t3;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    kept[0] = in_u;
    kept[1] = in_w;
    kept[2] = t2;
  }
};

struct symplectic_adlif_6a52c249 : symplectic_adlif_6a52c249_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_alpha = param[0];
    const C in_rho = param[1];
    const C in_a = param[2];
    const C in_b = param[3];
    const C in_q = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_u = grad_next_state[0];
    const C grad_next_in_w = grad_next_state[1];
    const C t0 = in_alpha * kept_0;
    const C t1 = splat<C>(1.0) - in_alpha;
    const C t2 = t1 * kept_2;
    const C t3 = t0 + t2;
    const C t4 = fires(distance_0, strict);
    const C t5 = splat<C>(1.0) - t4;
    const C t6 = t3 * t5;
    const C t7 = splat<C>(1.0) - in_rho;
    const C t8 = in_a * t6;
    const C t9 = in_b * t4;
    const C t10 = t8 + t9;
    const C t11 = t7 * t10;
    const C t12 = grad_next_in_w * in_q;
    const C t13 = grad_next_in_w * t11;
    const C t14 = t12 * t10;
    const C t15 = t12 * t7;
    const C t16 = t15 * t4;
    const C t17 = t15 * in_b;
    const C t18 = grad_output + t17;
    const C t19 = t15 * t6;
    const C t20 = t15 * in_a;
    const C t21 = grad_next_in_u + t20;
    const C t22 = -t14;
    const C t23 = grad_next_in_w * kept_1;
    const C t24 = t22 + t23;
    const C t25 = grad_next_in_w * in_rho;
    const C t26 = t21 * t5;
    const C t27 = t18 * derivative_0;
    const C t28 = t26 + t27;
    const C t29 = -t27;
    const C t30 = t28 * kept_2;
    const C t31 = t28 * t1;
    const C t32 = -t31;
    const C t33 = t25 + t32;
    const C t34 = -t30;
    const C t35 = t28 * kept_0;
    const C t36 = t34 + t35;
    const C t37 = t28 * in_alpha;
    grad_input[0] = t31;
    grad_state[0] = t37;
    grad_state[1] = t33;
    grad_param[0] = t36;
    grad_param[1] = t24;
    grad_param[2] = t19;
    grad_param[3] = t16;
    grad_param[4] = t13;
    grad_param[5] = t29;
  }
};

struct alif_fe0bb604_step {
  using Step = alif_fe0bb604_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 6;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    const C t6 = fires(t5, strict);
    const C t7 = t4 * t6;
    const C t8 = t2 - t7;
    const C t9 = in_rho * in_b;
    const C t10 = splat<C>(1.0) - in_rho;
    const C t11 = t10 * t6;
    const C t12 = t9 + t11;
    output = t6;
    next_state[0] = t8;
    next_state[1] = t12;
  }
};

struct alif_fe0bb604_replay : alif_fe0bb604_step {
  using Replay = alif_fe0bb604_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    distance[0] = t5;
    kept[0] = in_b;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct alif_fe0bb604 : alif_fe0bb604_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_b = grad_next_state[1];
    const C t0 = in_adaptation * kept_0;
    const C t1 = in_threshold + t0;
    const C t2 = fires(distance_0, strict);
    const C t3 = splat<C>(1.0) - in_rho;
    const C t4 = grad_next_in_b * t2;
    const C t5 = grad_next_in_b * t3;
    const C t6 = grad_output + t5;
    const C t7 = -t4;
    const C t8 = grad_next_in_b * kept_0;
    const C t9 = t7 + t8;
    const C t10 = grad_next_in_b * in_rho;
    const C t11 = -grad_next_in_v;
    const C t12 = t11 * t2;
    const C t13 = t11 * t1;
    const C t14 = t6 + t13;
    const C t15 = t14 * derivative_0;
    const C t16 = grad_next_in_v + t15;
    const C t17 = -t15;
    const C t18 = t12 + t17;
    const C t19 = t18 * kept_0;
    const C t20 = t18 * in_adaptation;
    const C t21 = t10 + t20;
    const C t22 = t16 * kept_1;
    const C t23 = t16 * in_input_scale;
    const C t24 = t16 * kept_2;
    const C t25 = t16 * in_beta;
    grad_input[0] = t23;
    grad_state[0] = t25;
    grad_state[1] = t21;
    grad_param[0] = t24;
    grad_param[1] = t9;
    grad_param[2] = t19;
    grad_param[3] = t18;
    grad_param[4] = t22;
    grad_param[5] = splat<C>(0.0);
  }
};

struct alif_47e8e024_replay : alif_fe0bb604_step {
  using Replay = alif_47e8e024_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    distance[0] = t5;
    kept[0] = in_x;
    kept[1] = in_v;
    kept[2] = in_b;
  }
};

struct alif_47e8e024 : alif_47e8e024_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_input_scale = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_b = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - in_rho;
    const C t2 = grad_next_in_b * t0;
    const C t3 = grad_next_in_b * t1;
    const C t4 = grad_output + t3;
    const C t5 = -t2;
    const C t6 = grad_next_in_b * kept_2;
    const C t7 = t5 + t6;
    const C t8 = grad_next_in_b * in_rho;
    const C t9 = -grad_next_in_v;
    const C t10 = t9 * t0;
    const C t11 = t4 * derivative_0;
    const C t12 = grad_next_in_v + t11;
    const C t13 = -t11;
    const C t14 = t10 + t13;
    const C t15 = t14 * kept_2;
    const C t16 = t14 * in_adaptation;
    const C t17 = t8 + t16;
    const C t18 = t12 * kept_0;
    const C t19 = t12 * in_input_scale;
    const C t20 = t12 * kept_1;
    const C t21 = t12 * in_beta;
    grad_input[0] = t19;
    grad_state[0] = t21;
    grad_state[1] = t17;
    grad_param[0] = t20;
    grad_param[1] = t7;
    grad_param[2] = t15;
    grad_param[3] = t14;
    grad_param[4] = t18;
    grad_param[5] = splat<C>(0.0);
  }
};

struct alif_33c11a1a_step {
  using Step = alif_33c11a1a_step;
  static constexpr int kInputs = 1, kStates = 2, kParams = 6;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C in_reset = param[5];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    const C t6 = fires(t5, strict);
    const C t7 = splat<C>(1.0) - t6;
    const C t8 = t7 * t2;
    const C t9 = in_reset * t6;
    const C t10 = t8 + t9;
    const C t11 = in_rho * in_b;
    const C t12 = splat<C>(1.0) - in_rho;
    const C t13 = t12 * t6;
    const C t14 = t11 + t13;
    output = t6;
    next_state[0] = t10;
    next_state[1] = t14;
  }
};

struct alif_33c11a1a_replay : alif_33c11a1a_step {
  using Replay = alif_33c11a1a_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    distance[0] = t5;
    kept[0] = t2;
    kept[1] = in_x;
    kept[2] = in_v;
    kept[3] = in_b;
  }
};

struct alif_33c11a1a : alif_33c11a1a_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_input_scale = param[4];
    const C in_reset = param[5];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C kept_3 = kept[3];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_b = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = splat<C>(1.0) - in_rho;
    const C t3 = grad_next_in_b * t0;
    const C t4 = grad_next_in_b * t2;
    const C t5 = grad_output + t4;
    const C t6 = -t3;
    const C t7 = grad_next_in_b * kept_3;
    const C t8 = t6 + t7;
    const C t9 = grad_next_in_b * in_rho;
    const C t10 = grad_next_in_v * t0;
    const C t11 = grad_next_in_v * in_reset;
    const C t12 = t5 + t11;
    const C t13 = grad_next_in_v * kept_0;
    const C t14 = grad_next_in_v * t1;
    const C t15 = -t13;
    const C t16 = t12 + t15;
    const C t17 = t16 * derivative_0;
    const C t18 = t14 + t17;
    const C t19 = -t17;
    const C t20 = t19 * kept_3;
    const C t21 = t19 * in_adaptation;
    const C t22 = t9 + t21;
    const C t23 = t18 * kept_1;
    const C t24 = t18 * in_input_scale;
    const C t25 = t18 * kept_2;
    const C t26 = t18 * in_beta;
    grad_input[0] = t24;
    grad_state[0] = t26;
    grad_state[1] = t22;
    grad_param[0] = t25;
    grad_param[1] = t8;
    grad_param[2] = t20;
    grad_param[3] = t19;
    grad_param[4] = t23;
    grad_param[5] = t10;
  }
};

struct alif_53fad3f9_replay : alif_33c11a1a_step {
  using Replay = alif_53fad3f9_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 3;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_b = state[1];
    const C in_beta = param[0];
    const C in_adaptation = param[2];
    const C in_threshold = param[3];
    const C in_input_scale = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = in_adaptation * in_b;
    const C t4 = in_threshold + t3;
    const C t5 = t2 - t4;
    distance[0] = t5;
    kept[0] = in_x;
    kept[1] = in_v;
    kept[2] = in_b;
  }
};

struct alif_53fad3f9 : alif_53fad3f9_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_rho = param[1];
    const C in_adaptation = param[2];
    const C in_input_scale = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C grad_next_in_b = grad_next_state[1];
    const C t0 = fires(distance_0, strict);
    const C t1 = splat<C>(1.0) - t0;
    const C t2 = splat<C>(1.0) - in_rho;
    const C t3 = grad_next_in_b * t0;
    const C t4 = grad_next_in_b * t2;
    const C t5 = grad_output + t4;
    const C t6 = -t3;
    const C t7 = grad_next_in_b * kept_2;
    const C t8 = t6 + t7;
    const C t9 = grad_next_in_b * in_rho;
    const C t10 = grad_next_in_v * t0;
    const C t11 = grad_next_in_v * t1;
    const C t12 = t5 * derivative_0;
    const C t13 = t11 + t12;
    const C t14 = -t12;
    const C t15 = t14 * kept_2;
    const C t16 = t14 * in_adaptation;
    const C t17 = t9 + t16;
    const C t18 = t13 * kept_0;
    const C t19 = t13 * in_input_scale;
    const C t20 = t13 * kept_1;
    const C t21 = t13 * in_beta;
    grad_input[0] = t19;
    grad_state[0] = t21;
    grad_state[1] = t17;
    grad_param[0] = t20;
    grad_param[1] = t8;
    grad_param[2] = t15;
    grad_param[3] = t14;
    grad_param[4] = t18;
    grad_param[5] = t10;
  }
};

struct exponential_if_8fd7697a_step {
  using Step = exponential_if_8fd7697a_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 6;
  static constexpr bool kGivesSpikes = true;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_tau = param[0];
    const C in_sharpness = param[1];
    const C in_rheobase = param[2];
    const C in_rest = param[3];
    const C in_threshold = param[4];
    const C in_reset = param[5];
    const C t0 = in_x + in_rest;
    const C t1 = t0 - in_v;
    const C t2 = in_v - in_rheobase;
    const C t3 = t2 / in_sharpness;
    const C t4 = exponential(t3);
    const C t5 = in_sharpness * t4;
    const C t6 = t1 + t5;
    const C t7 = t6 / in_tau;
    const C t8 = in_v + t7;
    const C t9 = t8 - in_threshold;
    const C t10 = fires(t9, strict);
    const C t11 = splat<C>(1.0) - t10;
    const C t12 = t11 * t8;
    const C t13 = in_reset * t10;
    const C t14 = t12 + t13;
    output = t10;
    next_state[0] = t14;
  }
};

struct exponential_if_8fd7697a_replay : exponential_if_8fd7697a_step {
  using Replay = exponential_if_8fd7697a_replay;
  static constexpr int kSpikes = 1, kKept = 2;
  static constexpr int kKeptForParams = 0;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_tau = param[0];
    const C in_sharpness = param[1];
    const C in_rheobase = param[2];
    const C in_rest = param[3];
    const C in_threshold = param[4];
    const C t0 = in_x + in_rest;
    const C t1 = t0 - in_v;
    const C t2 = in_v - in_rheobase;
    const C t3 = t2 / in_sharpness;
    const C t4 = exponential(t3);
    const C t5 = in_sharpness * t4;
    const C t6 = t1 + t5;
    const C t7 = t6 / in_tau;
    const C t8 = in_v + t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    kept[0] = in_v;
    kept[1] = t6;
  }
};

struct exponential_if_8fd7697a : exponential_if_8fd7697a_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_tau = param[0];
    const C in_sharpness = param[1];
    const C in_rheobase = param[2];
    const C in_reset = param[5];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = kept_0 - in_rheobase;
    const C t1 = t0 / in_sharpness;
    const C t2 = exponential(t1);
    const C t3 = kept_1 / in_tau;
    const C t4 = kept_0 + t3;
    const C t5 = fires(distance_0, strict);
    const C t6 = splat<C>(1.0) - t5;
    const C t7 = grad_next_in_v * t5;
    const C t8 = grad_next_in_v * in_reset;
    const C t9 = grad_output + t8;
    const C t10 = grad_next_in_v * t4;
    const C t11 = grad_next_in_v * t6;
    const C t12 = -t10;
    const C t13 = t9 + t12;
    const C t14 = t13 * derivative_0;
    const C t15 = t11 + t14;
    const C t16 = -t14;
    const C t17 = t15 / in_tau;
    const C t18 = -t15;
    const C t19 = kept_1 / in_tau;
    const C t20 = t19 / in_tau;
    const C t21 = t18 * t20;
    const C t22 = t17 * t2;
    const C t23 = t17 * in_sharpness;
    const C t24 = t23 * t2;
    const C t25 = t24 / in_sharpness;
    const C t26 = -t24;
    const C t27 = t0 / in_sharpness;
    const C t28 = t27 / in_sharpness;
    const C t29 = t26 * t28;
    const C t30 = t22 + t29;
    const C t31 = t15 + t25;
    const C t32 = -t25;
    const C t33 = -t17;
    const C t34 = t31 + t33;
    grad_input[0] = t17;
    grad_state[0] = t34;
    grad_param[0] = t21;
    grad_param[1] = t30;
    grad_param[2] = t32;
    grad_param[3] = t17;
    grad_param[4] = t16;
    grad_param[5] = t7;
  }
};

struct exponential_if_f6fb0a5e_replay : exponential_if_8fd7697a_step {
  using Replay = exponential_if_f6fb0a5e_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 1;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_tau = param[0];
    const C in_sharpness = param[1];
    const C in_rheobase = param[2];
    const C in_rest = param[3];
    const C in_threshold = param[4];
    const C t0 = in_x + in_rest;
    const C t1 = t0 - in_v;
    const C t2 = in_v - in_rheobase;
    const C t3 = t2 / in_sharpness;
    const C t4 = exponential(t3);
    const C t5 = in_sharpness * t4;
    const C t6 = t1 + t5;
    const C t7 = t6 / in_tau;
    const C t8 = in_v + t7;
    const C t9 = t8 - in_threshold;
    distance[0] = t9;
    kept[0] = t2;
    kept[1] = t6;
  }
};

struct exponential_if_f6fb0a5e : exponential_if_f6fb0a5e_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_tau = param[0];
    const C in_sharpness = param[1];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = kept_0 / in_sharpness;
    const C t1 = exponential(t0);
    const C t2 = fires(distance_0, strict);
    const C t3 = splat<C>(1.0) - t2;
    const C t4 = grad_next_in_v * t2;
    const C t5 = grad_next_in_v * t3;
    const C t6 = grad_output * derivative_0;
    const C t7 = t5 + t6;
    const C t8 = -t6;
    const C t9 = t7 / in_tau;
    const C t10 = -t7;
    const C t11 = kept_1 / in_tau;
    const C t12 = t11 / in_tau;
    const C t13 = t10 * t12;
    const C t14 = t9 * t1;
    const C t15 = t9 * in_sharpness;
    const C t16 = t15 * t1;
    const C t17 = t16 / in_sharpness;
    const C t18 = -t16;
    const C t19 = kept_0 / in_sharpness;
    const C t20 = t19 / in_sharpness;
    const C t21 = t18 * t20;
    const C t22 = t14 + t21;
    const C t23 = t7 + t17;
    const C t24 = -t17;
    const C t25 = -t9;
    const C t26 = t23 + t25;
    grad_input[0] = t9;
    grad_state[0] = t26;
    grad_param[0] = t13;
    grad_param[1] = t22;
    grad_param[2] = t24;
    grad_param[3] = t9;
    grad_param[4] = t8;
    grad_param[5] = t4;
  }
};

struct multispike_lif_d49326f4_step {
  using Step = multispike_lif_d49326f4_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 6;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    const C t13 = in_threshold * t12;
    const C t14 = t2 - t13;
    output = t12;
    next_state[0] = t14;
  }
};

struct multispike_lif_d49326f4_replay : multispike_lif_d49326f4_step {
  using Replay = multispike_lif_d49326f4_replay;
  static constexpr int kSpikes = 1, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 / in_threshold;
    const C t4 = t3 - splat<C>(1.0);
    distance[0] = t4;
    kept[0] = in_x;
    kept[1] = in_v;
  }
};

struct multispike_lif_d49326f4 : multispike_lif_d49326f4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = in_beta * kept_1;
    const C t1 = in_input_scale * kept_0;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = fires(distance_0, strict);
    const C t9 = t8 - t8;
    const C t10 = t7 + t9;
    const C t11 = -grad_next_in_v;
    const C t12 = t11 * t10;
    const C t13 = t11 * in_threshold;
    const C t14 = grad_output + t13;
    const C t15 = t14 * derivative_0;
    const C t16 = t15 / in_threshold;
    const C t17 = grad_next_in_v + t16;
    const C t18 = -t15;
    const C t19 = t2 / in_threshold;
    const C t20 = t19 / in_threshold;
    const C t21 = t18 * t20;
    const C t22 = t12 + t21;
    const C t23 = t17 * kept_0;
    const C t24 = t17 * in_input_scale;
    const C t25 = t17 * kept_1;
    const C t26 = t17 * in_beta;
    grad_input[0] = t24;
    grad_state[0] = t26;
    grad_param[0] = t25;
    grad_param[1] = t22;
    grad_param[2] = t23;
    grad_param[3] = splat<C>(0.0);
    grad_param[4] = splat<C>(0.0);
    grad_param[5] = splat<C>(0.0);
  }
};

struct multispike_lif_7aa09aa2 : multispike_lif_d49326f4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = in_beta * kept_1;
    const C t1 = in_input_scale * kept_0;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = fires(distance_0, strict);
    const C t9 = t8 - t8;
    const C t10 = t7 + t9;
    const C t11 = -grad_next_in_v;
    const C t12 = t11 * t10;
    const C t13 = grad_output * derivative_0;
    const C t14 = t13 / in_threshold;
    const C t15 = grad_next_in_v + t14;
    const C t16 = -t13;
    const C t17 = t2 / in_threshold;
    const C t18 = t17 / in_threshold;
    const C t19 = t16 * t18;
    const C t20 = t12 + t19;
    const C t21 = t15 * kept_0;
    const C t22 = t15 * in_input_scale;
    const C t23 = t15 * kept_1;
    const C t24 = t15 * in_beta;
    grad_input[0] = t22;
    grad_state[0] = t24;
    grad_param[0] = t23;
    grad_param[1] = t20;
    grad_param[2] = t21;
    grad_param[3] = splat<C>(0.0);
    grad_param[4] = splat<C>(0.0);
    grad_param[5] = splat<C>(0.0);
  }
};

struct multispike_lif_76c68074_step {
  using Step = multispike_lif_76c68074_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 6;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_reset = param[5];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    const auto t13 = greater(t12, splat<C>(0.0));
    const C t14 = choose(t13, in_reset, t2);
    output = t12;
    next_state[0] = t14;
  }
};

struct multispike_lif_76c68074_replay : multispike_lif_76c68074_step {
  using Replay = multispike_lif_76c68074_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    distance[0] = t9;
    kept[0] = t12;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct multispike_lif_76c68074 : multispike_lif_76c68074_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = in_beta * kept_2;
    const C t1 = in_input_scale * kept_1;
    const C t2 = t0 + t1;
    const auto t3 = greater(kept_0, splat<C>(0.0));
    const C t4 = choose(t3, grad_next_in_v, splat<C>(0.0));
    const C t5 = choose(t3, splat<C>(0.0), grad_next_in_v);
    const C t6 = grad_output * derivative_0;
    const C t7 = t6 / in_threshold;
    const C t8 = t5 + t7;
    const C t9 = -t6;
    const C t10 = t2 / in_threshold;
    const C t11 = t10 / in_threshold;
    const C t12 = t9 * t11;
    const C t13 = t8 * kept_1;
    const C t14 = t8 * in_input_scale;
    const C t15 = t8 * kept_2;
    const C t16 = t8 * in_beta;
    grad_input[0] = t14;
    grad_state[0] = t16;
    grad_param[0] = t15;
    grad_param[1] = t12;
    grad_param[2] = t13;
    grad_param[3] = splat<C>(0.0);
    grad_param[5] = t4;
    grad_param[4] = splat<C>(0.0);
  }
};

using multispike_lif_8dd2e675 = multispike_lif_76c68074;

struct multispike_lif_aee69f7d_step {
  using Step = multispike_lif_aee69f7d_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 6;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_min_v = param[4];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    const C t13 = in_threshold * t12;
    const C t14 = t2 - t13;
    const auto t15 = greater(t14, in_min_v);
    const C t16 = choose(t15, t14, in_min_v);
    output = t12;
    next_state[0] = t16;
  }
};

struct multispike_lif_aee69f7d_replay : multispike_lif_aee69f7d_step {
  using Replay = multispike_lif_aee69f7d_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    const C t13 = in_threshold * t12;
    const C t14 = t2 - t13;
    distance[0] = t9;
    kept[0] = t14;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct multispike_lif_aee69f7d : multispike_lif_aee69f7d_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_min_v = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = in_beta * kept_2;
    const C t1 = in_input_scale * kept_1;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = fires(distance_0, strict);
    const C t9 = t8 - t8;
    const C t10 = t7 + t9;
    const auto t11 = greater(kept_0, in_min_v);
    const C t12 = choose(t11, grad_next_in_v, splat<C>(0.0));
    const C t13 = choose(t11, splat<C>(0.0), grad_next_in_v);
    const C t14 = -t12;
    const C t15 = t14 * t10;
    const C t16 = t14 * in_threshold;
    const C t17 = grad_output + t16;
    const C t18 = t17 * derivative_0;
    const C t19 = t18 / in_threshold;
    const C t20 = t12 + t19;
    const C t21 = -t18;
    const C t22 = t2 / in_threshold;
    const C t23 = t22 / in_threshold;
    const C t24 = t21 * t23;
    const C t25 = t15 + t24;
    const C t26 = t20 * kept_1;
    const C t27 = t20 * in_input_scale;
    const C t28 = t20 * kept_2;
    const C t29 = t20 * in_beta;
    grad_input[0] = t27;
    grad_state[0] = t29;
    grad_param[0] = t28;
    grad_param[1] = t25;
    grad_param[2] = t26;
    grad_param[3] = splat<C>(0.0);
    grad_param[4] = t13;
    grad_param[5] = splat<C>(0.0);
  }
};

struct multispike_lif_122f7272 : multispike_lif_aee69f7d_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_min_v = param[4];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = in_beta * kept_2;
    const C t1 = in_input_scale * kept_1;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = fires(distance_0, strict);
    const C t9 = t8 - t8;
    const C t10 = t7 + t9;
    const auto t11 = greater(kept_0, in_min_v);
    const C t12 = choose(t11, grad_next_in_v, splat<C>(0.0));
    const C t13 = choose(t11, splat<C>(0.0), grad_next_in_v);
    const C t14 = -t12;
    const C t15 = t14 * t10;
    const C t16 = grad_output * derivative_0;
    const C t17 = t16 / in_threshold;
    const C t18 = t12 + t17;
    const C t19 = -t16;
    const C t20 = t2 / in_threshold;
    const C t21 = t20 / in_threshold;
    const C t22 = t19 * t21;
    const C t23 = t15 + t22;
    const C t24 = t18 * kept_1;
    const C t25 = t18 * in_input_scale;
    const C t26 = t18 * kept_2;
    const C t27 = t18 * in_beta;
    grad_input[0] = t25;
    grad_state[0] = t27;
    grad_param[0] = t26;
    grad_param[1] = t23;
    grad_param[2] = t24;
    grad_param[3] = splat<C>(0.0);
    grad_param[4] = t13;
    grad_param[5] = splat<C>(0.0);
  }
};

struct multispike_lif_bf8299f1_step {
  using Step = multispike_lif_bf8299f1_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 6;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_min_v = param[4];
    const C in_reset = param[5];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const auto t3 = greater_equal(t2, in_threshold);
    const C t4 = t2 / in_threshold;
    const C t5 = round_down(t4);
    const C t6 = minimum(t5, in_max_spikes);
    const C t7 = choose(t3, t6, splat<C>(0.0));
    const C t8 = t2 / in_threshold;
    const C t9 = t8 - splat<C>(1.0);
    const C t10 = fires(t9, strict);
    const C t11 = t10 - t10;
    const C t12 = t7 + t11;
    const auto t13 = greater(t12, splat<C>(0.0));
    const C t14 = choose(t13, in_reset, t2);
    const auto t15 = greater(t14, in_min_v);
    const C t16 = choose(t15, t14, in_min_v);
    output = t12;
    next_state[0] = t16;
  }
};

struct multispike_lif_bf8299f1_replay : multispike_lif_bf8299f1_step {
  using Replay = multispike_lif_bf8299f1_replay;
  static constexpr int kSpikes = 1, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 / in_threshold;
    const C t4 = t3 - splat<C>(1.0);
    distance[0] = t4;
    kept[0] = t2;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct multispike_lif_bf8299f1 : multispike_lif_bf8299f1_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_max_spikes = param[3];
    const C in_min_v = param[4];
    const C in_reset = param[5];
    const C distance_0 = distance[0];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C grad_next_in_v = grad_next_state[0];
    const auto t0 = greater_equal(kept_0, in_threshold);
    const C t1 = kept_0 / in_threshold;
    const C t2 = round_down(t1);
    const C t3 = minimum(t2, in_max_spikes);
    const C t4 = choose(t0, t3, splat<C>(0.0));
    const C t5 = fires(distance_0, strict);
    const C t6 = t5 - t5;
    const C t7 = t4 + t6;
    const auto t8 = greater(t7, splat<C>(0.0));
    const C t9 = choose(t8, in_reset, kept_0);
    const auto t10 = greater(t9, in_min_v);
    const C t11 = choose(t10, grad_next_in_v, splat<C>(0.0));
    const C t12 = choose(t10, splat<C>(0.0), grad_next_in_v);
    const C t13 = choose(t8, t11, splat<C>(0.0));
    const C t14 = choose(t8, splat<C>(0.0), t11);
    const C t15 = grad_output * derivative_0;
    const C t16 = t15 / in_threshold;
    const C t17 = t14 + t16;
    const C t18 = -t15;
    const C t19 = kept_0 / in_threshold;
    const C t20 = t19 / in_threshold;
    const C t21 = t18 * t20;
    const C t22 = t17 * kept_1;
    const C t23 = t17 * in_input_scale;
    const C t24 = t17 * kept_2;
    const C t25 = t17 * in_beta;
    grad_input[0] = t23;
    grad_state[0] = t25;
    grad_param[0] = t24;
    grad_param[1] = t21;
    grad_param[2] = t22;
    grad_param[3] = splat<C>(0.0);
    grad_param[4] = t12;
    grad_param[5] = t13;
  }
};

using multispike_lif_71a571fa = multispike_lif_bf8299f1;

struct integer_lif_7a584be0_step {
  using Step = integer_lif_7a584be0_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 2;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C t0 = in_beta * in_v;
    const C t1 = t0 + in_x;
    const C t2 = t1 / in_threshold;
    const C t3 = t2 - splat<C>(0.5);
    const C t4 = fires(t3, strict);
    const C t5 = t2 - splat<C>(1.5);
    const C t6 = fires(t5, strict);
    const C t7 = t4 + t6;
    const C t8 = t2 - splat<C>(2.5);
    const C t9 = fires(t8, strict);
    const C t10 = t7 + t9;
    const C t11 = t2 - splat<C>(3.5);
    const C t12 = fires(t11, strict);
    const C t13 = t10 + t12;
    const C t14 = in_threshold * t13;
    const C t15 = t1 - t14;
    output = t13;
    next_state[0] = t15;
  }
};

struct integer_lif_7a584be0_replay : integer_lif_7a584be0_step {
  using Replay = integer_lif_7a584be0_replay;
  static constexpr int kSpikes = 4, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C t0 = in_beta * in_v;
    const C t1 = t0 + in_x;
    const C t2 = t1 / in_threshold;
    const C t3 = t2 - splat<C>(0.5);
    const C t4 = t2 - splat<C>(1.5);
    const C t5 = t2 - splat<C>(2.5);
    const C t6 = t2 - splat<C>(3.5);
    distance[0] = t6;
    distance[1] = t5;
    distance[2] = t4;
    distance[3] = t3;
    kept[0] = in_v;
    kept[1] = t1;
  }
};

struct integer_lif_7a584be0 : integer_lif_7a584be0_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C distance_2 = distance[2];
    const C distance_3 = distance[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C derivative_2 = derivative[2];
    const C derivative_3 = derivative[3];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_3, strict);
    const C t1 = fires(distance_2, strict);
    const C t2 = t0 + t1;
    const C t3 = fires(distance_1, strict);
    const C t4 = t2 + t3;
    const C t5 = fires(distance_0, strict);
    const C t6 = t4 + t5;
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t6;
    const C t9 = t7 * in_threshold;
    const C t10 = grad_output + t9;
    const C t11 = t10 * derivative_0;
    const C t12 = t10 * derivative_1;
    const C t13 = t11 + t12;
    const C t14 = t10 * derivative_2;
    const C t15 = t13 + t14;
    const C t16 = t10 * derivative_3;
    const C t17 = t15 + t16;
    const C t18 = t17 / in_threshold;
    const C t19 = grad_next_in_v + t18;
    const C t20 = -t17;
    const C t21 = kept_1 / in_threshold;
    const C t22 = t21 / in_threshold;
    const C t23 = t20 * t22;
    const C t24 = t8 + t23;
    const C t25 = t19 * kept_0;
    const C t26 = t19 * in_beta;
    grad_input[0] = t19;
    grad_state[0] = t26;
    grad_param[0] = t25;
    grad_param[1] = t24;
  }
};

struct integer_lif_ba41be9b : integer_lif_7a584be0_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C distance_2 = distance[2];
    const C distance_3 = distance[3];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C derivative_2 = derivative[2];
    const C derivative_3 = derivative[3];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_3, strict);
    const C t1 = fires(distance_2, strict);
    const C t2 = t0 + t1;
    const C t3 = fires(distance_1, strict);
    const C t4 = t2 + t3;
    const C t5 = fires(distance_0, strict);
    const C t6 = t4 + t5;
    const C t7 = -grad_next_in_v;
    const C t8 = t7 * t6;
    const C t9 = grad_output * derivative_0;
    const C t10 = grad_output * derivative_1;
    const C t11 = t9 + t10;
    const C t12 = grad_output * derivative_2;
    const C t13 = t11 + t12;
    const C t14 = grad_output * derivative_3;
    const C t15 = t13 + t14;
    const C t16 = t15 / in_threshold;
    const C t17 = grad_next_in_v + t16;
    const C t18 = -t15;
    const C t19 = kept_1 / in_threshold;
    const C t20 = t19 / in_threshold;
    const C t21 = t18 * t20;
    const C t22 = t8 + t21;
    const C t23 = t17 * kept_0;
    const C t24 = t17 * in_beta;
    grad_input[0] = t17;
    grad_state[0] = t24;
    grad_param[0] = t23;
    grad_param[1] = t22;
  }
};

struct ternary_lif_ef3dc8ff_step {
  using Step = ternary_lif_ef3dc8ff_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = -t2;
    const C t6 = t5 - in_threshold;
    const C t7 = fires(t6, strict);
    const C t8 = t4 - t7;
    const C t9 = in_threshold * t8;
    const C t10 = t2 - t9;
    output = t8;
    next_state[0] = t10;
  }
};

struct ternary_lif_ef3dc8ff_replay : ternary_lif_ef3dc8ff_step {
  using Replay = ternary_lif_ef3dc8ff_replay;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = -t2;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    distance[1] = t3;
    kept[0] = in_x;
    kept[1] = in_v;
  }
};

struct ternary_lif_ef3dc8ff : ternary_lif_ef3dc8ff_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = fires(distance_0, strict);
    const C t2 = t0 - t1;
    const C t3 = -grad_next_in_v;
    const C t4 = t3 * t2;
    const C t5 = t3 * in_threshold;
    const C t6 = grad_output + t5;
    const C t7 = -t6;
    const C t8 = t7 * derivative_0;
    const C t9 = -t8;
    const C t10 = t4 + t9;
    const C t11 = -t8;
    const C t12 = grad_next_in_v + t11;
    const C t13 = t6 * derivative_1;
    const C t14 = t12 + t13;
    const C t15 = -t13;
    const C t16 = t10 + t15;
    const C t17 = t14 * kept_0;
    const C t18 = t14 * in_input_scale;
    const C t19 = t14 * kept_1;
    const C t20 = t14 * in_beta;
    grad_input[0] = t18;
    grad_state[0] = t20;
    grad_param[0] = t19;
    grad_param[1] = t16;
    grad_param[2] = t17;
    grad_param[3] = splat<C>(0.0);
  }
};

struct ternary_lif_bfaa7d69 : ternary_lif_ef3dc8ff_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = fires(distance_0, strict);
    const C t2 = t0 - t1;
    const C t3 = -grad_next_in_v;
    const C t4 = t3 * t2;
    const C t5 = -grad_output;
    const C t6 = t5 * derivative_0;
    const C t7 = -t6;
    const C t8 = t4 + t7;
    const C t9 = -t6;
    const C t10 = grad_next_in_v + t9;
    const C t11 = grad_output * derivative_1;
    const C t12 = t10 + t11;
    const C t13 = -t11;
    const C t14 = t8 + t13;
    const C t15 = t12 * kept_0;
    const C t16 = t12 * in_input_scale;
    const C t17 = t12 * kept_1;
    const C t18 = t12 * in_beta;
    grad_input[0] = t16;
    grad_state[0] = t18;
    grad_param[0] = t17;
    grad_param[1] = t14;
    grad_param[2] = t15;
    grad_param[3] = splat<C>(0.0);
  }
};

struct ternary_lif_c395ccb0_step {
  using Step = ternary_lif_c395ccb0_step;
  static constexpr int kInputs = 1, kStates = 1, kParams = 4;
  static constexpr bool kGivesSpikes = false;

  template <class C>
  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,
                              C* next_state) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = fires(t3, strict);
    const C t5 = -t2;
    const C t6 = t5 - in_threshold;
    const C t7 = fires(t6, strict);
    const C t8 = t4 - t7;
    const C t9 = absolute(t8);
    const C t10 = splat<C>(1.0) - t9;
    const C t11 = t10 * t2;
    const C t12 = in_reset * t9;
    const C t13 = t11 + t12;
    output = t8;
    next_state[0] = t13;
  }
};

struct ternary_lif_c395ccb0_replay : ternary_lif_c395ccb0_step {
  using Replay = ternary_lif_c395ccb0_replay;
  static constexpr int kSpikes = 2, kKept = 1;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = -t2;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    distance[1] = t3;
    kept[0] = t2;
    kept[1] = in_x;
    kept[2] = in_v;
  }
};

struct ternary_lif_c395ccb0 : ternary_lif_c395ccb0_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C in_reset = param[3];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C kept_2 = kept[2];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = fires(distance_0, strict);
    const C t2 = t0 - t1;
    const C t3 = absolute(t2);
    const C t4 = splat<C>(1.0) - t3;
    const C t5 = grad_next_in_v * t3;
    const C t6 = grad_next_in_v * in_reset;
    const C t7 = grad_next_in_v * kept_0;
    const C t8 = grad_next_in_v * t4;
    const C t9 = -t7;
    const C t10 = t6 + t9;
    const auto t11 = greater(t2, splat<C>(0.0));
    const auto t12 = less(t2, splat<C>(0.0));
    const C t13 = choose(t12, splat<C>(-1.0), splat<C>(0.0));
    const C t14 = choose(t11, splat<C>(1.0), t13);
    const C t15 = t10 * t14;
    const C t16 = grad_output + t15;
    const C t17 = -t16;
    const C t18 = t17 * derivative_0;
    const C t19 = -t18;
    const C t20 = -t18;
    const C t21 = t8 + t20;
    const C t22 = t16 * derivative_1;
    const C t23 = t21 + t22;
    const C t24 = -t22;
    const C t25 = t19 + t24;
    const C t26 = t23 * kept_1;
    const C t27 = t23 * in_input_scale;
    const C t28 = t23 * kept_2;
    const C t29 = t23 * in_beta;
    grad_input[0] = t27;
    grad_state[0] = t29;
    grad_param[0] = t28;
    grad_param[1] = t25;
    grad_param[2] = t26;
    grad_param[3] = t5;
  }
};

struct ternary_lif_f9521db4_replay : ternary_lif_c395ccb0_step {
  using Replay = ternary_lif_f9521db4_replay;
  static constexpr int kSpikes = 2, kKept = 0;
  static constexpr int kKeptForParams = 2;

  template <class C>
  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,
                              C* kept) {
    const C in_x = input[0];
    const C in_v = state[0];
    const C in_beta = param[0];
    const C in_threshold = param[1];
    const C in_input_scale = param[2];
    const C t0 = in_beta * in_v;
    const C t1 = in_input_scale * in_x;
    const C t2 = t0 + t1;
    const C t3 = t2 - in_threshold;
    const C t4 = -t2;
    const C t5 = t4 - in_threshold;
    distance[0] = t5;
    distance[1] = t3;
    kept[0] = in_x;
    kept[1] = in_v;
  }
};

struct ternary_lif_f9521db4 : ternary_lif_f9521db4_replay {
  template <class C>
  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,
                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,
                                 C* grad_state, C* grad_param) {
    const C in_beta = param[0];
    const C in_input_scale = param[2];
    const C distance_0 = distance[0];
    const C distance_1 = distance[1];
    const C kept_0 = kept[0];
    const C kept_1 = kept[1];
    const C derivative_0 = derivative[0];
    const C derivative_1 = derivative[1];
    const C grad_next_in_v = grad_next_state[0];
    const C t0 = fires(distance_1, strict);
    const C t1 = fires(distance_0, strict);
    const C t2 = t0 - t1;
    const C t3 = absolute(t2);
    const C t4 = splat<C>(1.0) - t3;
    const C t5 = grad_next_in_v * t3;
    const C t6 = grad_next_in_v * t4;
    const C t7 = -grad_output;
    const C t8 = t7 * derivative_0;
    const C t9 = -t8;
    const C t10 = -t8;
    const C t11 = t6 + t10;
    const C t12 = grad_output * derivative_1;
    const C t13 = t11 + t12;
    const C t14 = -t12;
    const C t15 = t9 + t14;
    const C t16 = t13 * kept_0;
    const C t17 = t13 * in_input_scale;
    const C t18 = t13 * kept_1;
    const C t19 = t13 * in_beta;
    grad_input[0] = t17;
    grad_state[0] = t19;
    grad_param[0] = t18;
    grad_param[1] = t15;
    grad_param[2] = t16;
    grad_param[3] = t5;
  }
};

}  // namespace snn
