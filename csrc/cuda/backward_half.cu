#include "backward.h"

namespace snn::cuda {
template cudaError_t backward<__half>(const Launch&, const BackwardArguments<Compute<__half>>&);
}  // namespace snn::cuda
