#include "forward.h"

namespace snn::cuda {
template cudaError_t forward<__half>(const Launch&, const ForwardArguments<Compute<__half>>&);
}  // namespace snn::cuda
