#include "forward.h"

namespace snn::cuda {
template cudaError_t forward<double>(const Launch&, const ForwardArguments<Compute<double>>&);
}  // namespace snn::cuda
