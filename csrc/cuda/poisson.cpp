// The operator that draws Poisson spikes: what it checks, allocates and launches.
#include "arguments.h"
#include "element.h"

namespace snn::cuda {
namespace {

Tensor native_poisson(Tensor images, int64_t first, int64_t steps, Tensor seed, bool packed) {
  const int32_t device = images.get_device_index();
  STD_TORCH_CHECK(images.dim() == 1, "images must be flat");
  images = in_order(images);
  STD_TORCH_CHECK(seed.scalar_type() == ScalarType::Long && seed.numel() == 1, "seed must be one int64");
  STD_TORCH_CHECK(seed.is_cuda() && seed.get_device_index() == device, "seed must be on the device of images");
  return with_type(images, [&](auto element) {
    const int64_t neurons = images.numel();
    Tensor spikes = packed ? torch::stable::new_empty(images, {1, steps, packed_bytes(neurons)}, ScalarType::Byte)
                           : torch::stable::new_empty(images, {1, steps, neurons});
    if (neurons == 0 || steps == 0) return spikes;
    PoissonArguments arguments{};
    arguments.images = images.const_data_ptr();
    arguments.seed = static_cast<const int64_t*>(seed.const_data_ptr());
    arguments.spikes = spikes.mutable_data_ptr();
    arguments.neurons = neurons, arguments.first = first, arguments.steps = steps;
    arguments.wide = neurons % 8 == 0 && reinterpret_cast<uintptr_t>(arguments.images) % 16 == 0;
    STD_CUDA_CHECK(poisson<decltype(element)>(arguments, packed, current_stream(device)));
    return spikes;
  });
}

}  // namespace

STABLE_TORCH_LIBRARY_IMPL(snnkernels, CUDA, library) { library.impl("native_poisson", TORCH_BOX(&native_poisson)); }

}  // namespace snn::cuda
