// Products of spikes with a matrix, by event: the matrix' rows that spikes select are added up, the others never read.
//
// The current of a linear layer is, for every row of spikes, the sum of the weights' columns of the inputs that fired;
// the gradient of the weights is, for every input, the sum of the gradient's rows at which it fired. Each sum begins at
// the bias, or at zero, and takes its terms one after the other in ascending order, by plain additions: it does not
// depend on the number of threads, on the instructions that there are or on how the matrix is divided.
//
// A matrix is divided into panels of a few columns, and each of these into blocks of rows that stay in the second-level
// cache while all sums take what they need from it; a sum stays in registers meanwhile.
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <torch/headeronly/util/Exception.h>
#include <torch/headeronly/util/shim_utils.h>

#include <algorithm>
#include <array>
#include <optional>

#include "../sizes.h"
#include "convert.h"
#include "event_lists.h"
#include "event_rows.h"
#include "large.h"
#include "pack.h"
#include "parallel.h"
#include "spike_bits.h"

namespace snn::cpu {
namespace {

using torch::stable::Tensor;

constexpr int64_t kChunk = 256;  // rows of a panel converted at once

// The number of sources in a block: all blocks have nearly the same, since threads take blocks.
int64_t span(int64_t sources) {
  const int64_t blocks = std::max<int64_t>(1, (sources + kPanelRows - 1) / kPanelRows);
  return std::max<int64_t>(1, (sources + blocks - 1) / blocks);
}

// Some columns of a matrix, or of sums: rows that lie `stride` values apart.
template <class C>
struct Panel {
  C* data;
  int64_t stride;
};

// All sums of `lists` over `columns` columns of a matrix.
//   fill(source, count, column, width, panel): copy `count` rows of the matrix, `width` columns of each
//   begin(column, width, row): the first term of a sum
//   place(target, column, width, buffer): where sums are built, in the buffer or where they belong
//   end(target, count, column, width, buffer): take `count` sums, which are in the buffer or where they belong
template <class C, class Fill, class Begin, class Place, class End>
void sum_events(const EventLists& lists, int64_t columns, const Fill& fill, const Begin& begin, const Place& place,
                const End& end) {
  const int64_t widest = panel_width<C>(columns), panels = (columns + widest - 1) / widest;
  // A panel is filled again for each part, which costs little beside a large one; few panels make work by small ones.
  const int64_t part = panels < 8 ? 512 : 4096, parts = (lists.targets + part - 1) / part;
  parallel_for(0, panels * parts, 1, [&](int64_t first, int64_t last) {
    const Loan panel_memory(lists.span * widest * sizeof(C));
    const Loan buffer_memory(std::min(lists.targets, part) * widest * sizeof(C));
    const Panel<C> panel{static_cast<C*>(panel_memory.get()), widest};
    const Panel<C> buffer{static_cast<C*>(buffer_memory.get()), widest};
    std::fill_n(panel.data, lists.span * widest, C(0));  // the columns beyond the last are added up too
    for (int64_t task = first; task < last; ++task) {
      const int64_t column = task / parts * widest, width = std::min(widest, columns - column);
      const int64_t target = task % parts * part, count = std::min(part, lists.targets - target);
      C bias[kPanelWidth<C>] = {};
      begin(column, width, bias);
      const Panel<C> sums = place(target, column, width, buffer);
      for (int64_t block = 0; block < lists.blocks(); ++block) {
        const int64_t source = block * lists.span;
        fill(source, std::min(lists.span, lists.sources - source), column, width, panel);
        add_events(panel.data, widest, lists.offsets.data() + block * lists.targets + target, lists.indices.data(),
                   count, block ? sums.data : bias, block ? sums.stride : 0, sums.data, sums.stride);
      }
      end(target, count, column, width, buffer);
    }
  });
}

template <class C>
void product(const SpikeBits& bits, const Tensor& weight, const std::optional<Tensor>& bias, Tensor& out) {
  const ScalarType type = weight.scalar_type();
  const bool whole = type == ScalarType::Float || type == ScalarType::Double;
  const int64_t columns = weight.size(0), inputs = weight.size(1);
  const void *weights = weight.const_data_ptr(), *biases = bias ? bias->const_data_ptr() : nullptr;
  void* data = out.mutable_data_ptr();
  const auto in_place = [&](int64_t width, Panel<C> buffer) { return whole && width == buffer.stride; };
  sum_events<C>(
      lists_by_row(bits, span(inputs)), columns,
      [&](int64_t input, int64_t count, int64_t column, int64_t width, Panel<C> panel) {
        if (whole)
          return transpose(static_cast<const C*>(weights) + column * inputs + input, inputs, width, count, panel.data,
                           panel.stride);
        C buffer[kPanelWidth<C> * kChunk];
        for (int64_t i = 0; i < count; i += kChunk) {
          const int64_t chunk = std::min(kChunk, count - i);
          for (int64_t n = 0; n < width; ++n)
            load_row(type, weights, (column + n) * inputs + input + i, chunk, buffer + n * kChunk);
          transpose(buffer, kChunk, width, chunk, panel.data + i * panel.stride, panel.stride);
        }
      },
      [&](int64_t column, int64_t width, C* row) {
        if (biases) fetch_row(type, biases, column, width, row);
      },
      [&](int64_t row, int64_t column, int64_t width, Panel<C> buffer) {
        return in_place(width, buffer) ? Panel<C>{static_cast<C*>(data) + row * columns + column, columns} : buffer;
      },
      [&](int64_t row, int64_t count, int64_t column, int64_t width, Panel<C> buffer) {
        if (in_place(width, buffer)) return;
        for (int64_t i = 0; i < count; ++i)
          put_row(type, buffer.data + i * buffer.stride, width, data, (row + i) * columns + column);
      });
}

template <class C>
void weight_gradient(const SpikeBits& bits, const Tensor& grad, Tensor& out) {
  const ScalarType type = grad.scalar_type();
  const int64_t columns = grad.size(1), inputs = bits.inputs;
  const void* grads = grad.const_data_ptr();
  void* data = out.mutable_data_ptr();
  sum_events<C>(
      lists_by_input(bits, span(bits.rows)), columns,
      [&](int64_t row, int64_t count, int64_t column, int64_t width, Panel<C> panel) {
        for (int64_t i = 0; i < count; ++i)
          fetch_row(type, grads, (row + i) * columns + column, width, panel.data + i * panel.stride);
      },
      [](int64_t, int64_t, C*) {}, [](int64_t, int64_t, int64_t, Panel<C> buffer) { return buffer; },
      [&](int64_t input, int64_t count, int64_t column, int64_t width, Panel<C> sums) {
        if (type == ScalarType::Float || type == ScalarType::Double)
          return transpose(sums.data, sums.stride, count, width, static_cast<C*>(data) + column * inputs + input,
                           inputs);
        C turned[kPanelWidth<C> * kChunk];
        for (int64_t i = 0; i < count; i += kChunk) {
          const int64_t chunk = std::min(kChunk, count - i);
          transpose(sums.data + i * sums.stride, sums.stride, chunk, width, turned, kChunk);
          for (int64_t n = 0; n < width; ++n)
            store_row(type, turned + n * kChunk, chunk, data, (column + n) * inputs + input + i);
        }
      });
}

SpikeBits view(const Tensor& bits, int64_t group, int64_t inputs) {
  int64_t count = 0;
  STD_TORCH_CHECK(group >= 0 && inputs >= 0 && !__builtin_mul_overflow(group, inputs, &count) &&
                      bits.scalar_type() == ScalarType::Byte && bits.dim() == 2 && bits.is_contiguous() &&
                      bits.size(1) == packed_bytes(count),
                  "bits must be contiguous, uint8 [groups, ceil(group * inputs / 8)]");
  return {static_cast<const unsigned char*>(bits.const_data_ptr()), bits.size(0) * group, group, inputs};
}

// Whether to multiply by event: `limit` is the firing rate from which on the dense product is faster.
bool by_event(const SpikeBits& bits, const std::optional<Tensor>& stray, double limit) {
  STD_TORCH_CHECK(!stray || (stray->scalar_type() == ScalarType::Double && stray->numel() == 1),
                  "stray must be one float64");
  const double value = stray ? *static_cast<const double*>(stray->const_data_ptr()) : 0.0;
  STD_TORCH_CHECK(value == 0.0 || limit < 1.0, "spikes must be 0 or 1 where product=\"events\", got ", value);
  return value == 0.0 && (limit >= 1.0 || bits.count() <= limit * static_cast<double>(bits.rows * bits.inputs));
}

bool native_by_event(Tensor bits, int64_t group, int64_t inputs, double limit) {
  return by_event(view(bits, group, inputs), std::nullopt, limit);
}

Tensor dense(const Tensor& bits, const SpikeBits& spikes, const std::optional<Tensor>& values, ScalarType type) {
  if (values) return torch::stable::to(in_order(*values), type);
  Tensor rows = empty({bits.size(0), spikes.group * spikes.inputs}, type);
  unpack(bits, rows);
  return torch::stable::view(rows, {spikes.rows, spikes.inputs});
}

// torch.nn.functional.linear
Tensor dense_product(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  std::array<StableIValue, 3> stack{torch::stable::detail::from(input), torch::stable::detail::from(weight),
                                    torch::stable::detail::from(bias)};
  TORCH_ERROR_CODE_CHECK(torch_call_dispatcher("aten::linear", "", stack.data(), TORCH_ABI_VERSION));
  return torch::stable::detail::to<Tensor>(stack[0]);
}

Tensor native_event_linear(Tensor bits, int64_t group, Tensor weight, std::optional<Tensor> bias,
                           std::optional<Tensor> spikes, std::optional<Tensor> stray, double limit) {
  check_floating(weight.scalar_type(), "weight");
  STD_TORCH_CHECK(weight.dim() == 2 && weight.is_contiguous(), "weight must be contiguous, [N, K]");
  STD_TORCH_CHECK(!bias || (bias->is_contiguous() && bias->numel() == weight.size(0) &&
                            bias->scalar_type() == weight.scalar_type()),
                  "bias must be contiguous, [N], of weight's dtype");
  const SpikeBits view_of_bits = view(bits, group, weight.size(1));
  if (!by_event(view_of_bits, stray, limit))
    return dense_product(dense(bits, view_of_bits, spikes, weight.scalar_type()), weight, bias);
  Tensor out = empty({view_of_bits.rows, weight.size(0)}, weight.scalar_type());
  if (weight.scalar_type() == ScalarType::Double)
    product<double>(view_of_bits, weight, bias, out);
  else
    product<float>(view_of_bits, weight, bias, out);
  return out;
}

Tensor native_event_weight_grad(Tensor grad, Tensor bits, int64_t group, int64_t inputs, std::optional<Tensor> spikes,
                                std::optional<Tensor> stray, double limit) {
  const SpikeBits view_of_bits = view(bits, group, inputs);
  check_floating(grad.scalar_type(), "grad");
  STD_TORCH_CHECK(grad.dim() == 2 && grad.is_contiguous() && grad.size(0) == view_of_bits.rows,
                  "grad must be contiguous, [rows, N]");
  if (!by_event(view_of_bits, stray, limit))
    return torch::stable::matmul(torch::stable::transpose(grad, 0, 1),
                                 dense(bits, view_of_bits, spikes, grad.scalar_type()));
  Tensor out = empty({grad.size(1), inputs}, grad.scalar_type());
  if (grad.scalar_type() == ScalarType::Double)
    weight_gradient<double>(view_of_bits, grad, out);
  else
    weight_gradient<float>(view_of_bits, grad, out);
  return out;
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CPU, library) {
  library.impl("native_by_event", TORCH_BOX(&native_by_event));
  library.impl("native_event_linear", TORCH_BOX(&native_event_linear));
  library.impl("native_event_weight_grad", TORCH_BOX(&native_event_weight_grad));
}

}  // namespace snn::cpu
