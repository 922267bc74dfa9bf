#include "backward.h"

namespace snn::cuda {
template cudaError_t backward<double>(const Launch&, const BackwardArguments<Compute<double>>&);
}  // namespace snn::cuda
