#include "forward.h"

namespace snn::cuda {
template cudaError_t forward<float>(const Launch&, const ForwardArguments<Compute<float>>&);
}  // namespace snn::cuda
