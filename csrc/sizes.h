// The sizes of a scan, from tensors that have any number of dimensions before and after that of time.
#pragma once

#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "output_kind.h"

namespace snn {

using torch::headeronly::ScalarType;
using torch::stable::Tensor;

inline void check_floating(ScalarType type, const char* name) {
  STD_TORCH_CHECK(type == ScalarType::Double || type == ScalarType::Float || type == ScalarType::BFloat16 ||
                      type == ScalarType::Half,
                  name, " must be float64, float32, bfloat16 or float16");
}

inline void check_type(const Tensor& tensor, const char* name, ScalarType type) {
  STD_TORCH_CHECK(tensor.scalar_type() == type, name, " has the wrong dtype for this x");
}

// The first of the tensors that an operator takes in one list, so that the list is never empty: x, before other inputs
// and parameters.
inline const Tensor& x_of(const std::vector<Tensor>& tensors) {
  STD_TORCH_CHECK(!tensors.empty(), "tensors must be inputs, and after them the parameters that are tensors");
  return tensors.front();
}

// The tensor, or a contiguous copy. Python gives operators contiguous tensors, but a graph that torch.export or
// torch.jit.trace made takes inputs of other strides than its example had.
inline Tensor in_order(const Tensor& tensor) {
  return tensor.is_contiguous() ? tensor : torch::stable::contiguous(tensor);
}

inline void put_in_order(std::vector<Tensor>& tensors, std::optional<Tensor>& states) {
  for (Tensor& tensor : tensors) tensor = in_order(tensor);
  if (states) states = in_order(*states);
}

inline OutputKind find_output(const std::string& name) {
  if (name == "all") return OutputKind::kAll;
  if (name == "sum") return OutputKind::kSum;
  if (name == "last") return OutputKind::kLast;
  if (name == "max") return OutputKind::kMax;
  STD_TORCH_CHECK(name == "packed", "output must be all, sum, last, max or packed, got ", name);
  return OutputKind::kPacked;
}

inline ScalarType output_type(OutputKind kind, ScalarType x, ScalarType compute) {
  if (kind == OutputKind::kPacked) return ScalarType::Byte;
  return over_time(kind) ? compute : x;
}

struct Sizes {
  int64_t outer = 1, steps, inner = 1;
  bool constant;           // x is one step for all
  std::vector<int64_t> x;  // the shape of x

  // Where steps_ is 0 there are as many as x has.
  Sizes(const Tensor& tensor, int64_t time_dim, int64_t steps_) : steps(steps_), x(tensor.dim()), time_dim_(time_dim) {
    check_floating(tensor.scalar_type(), "x");
    STD_TORCH_CHECK(tensor.is_contiguous() && time_dim >= 0 && time_dim < tensor.dim(),
                    "x must be contiguous, and time one of its dimensions");
    for (int64_t dim = 0; dim < tensor.dim(); ++dim) {
      x[dim] = tensor.size(dim);
      if (dim != time_dim) (dim < time_dim ? outer : inner) *= x[dim];
    }
    if (steps == 0) steps = x[time_dim];
    STD_TORCH_CHECK(steps > 0 && (x[time_dim] == steps || x[time_dim] == 1), "x must have one time step or ", steps,
                    ", got ", x[time_dim]);
    constant = x[time_dim] != steps;
  }

  int64_t neurons() const { return outer * inner; }

  int64_t chunks(int64_t interval) const { return (steps + interval - 1) / interval; }

  // The shape of the output: of all steps, that of x, with all of them.
  std::vector<int64_t> output(OutputKind kind) const {
    if (over_time(kind)) return {outer, 1, inner};
    if (kind == OutputKind::kPacked) return {outer, steps, packed_bytes(inner)};
    std::vector<int64_t> shape = x;
    shape[time_dim_] = steps;
    return shape;
  }

 private:
  int64_t time_dim_;
};

// The strides of the output's gradient, which may be expanded over outer, time or all neurons of a step: contiguous,
// whatever its shape, or [outer, T, inner].
struct GradientStrides {
  int64_t outer, time, inner;

  GradientStrides(const Tensor& grad, const Sizes& sizes)
      : outer(sizes.steps * sizes.inner), time(sizes.inner), inner(1) {
    if (grad.numel() == sizes.neurons() * sizes.steps && grad.is_contiguous()) return;
    STD_TORCH_CHECK(
        grad.dim() == 3 && grad.size(0) == sizes.outer && grad.size(1) == sizes.steps && grad.size(2) == sizes.inner,
        "grad_output must be contiguous, of the output's size, or [outer, T, inner]");
    outer = grad.stride(0), time = grad.stride(1);
    inner = sizes.inner > 1 ? grad.stride(2) : 1;
    STD_TORCH_CHECK(inner == 0 || inner == 1, "the neurons of grad_output must be neighbours in memory");
  }
};

}  // namespace snn
