"""Cross-entropies of output spikes and potentials, `[T, B, classes]`, time first."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ..inputs import check_choice, check_dense, check_every_step
from ..readout import in_float32, last_potential, max_potential, spike_counts, spike_times


def spike_count_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    num_classes: int | None = None,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the output spike counts, averaged over the batch (snnTorch's ce_count_loss).

        loss = cross_entropy(sum over t of s[t], targets)

    Args:
        spikes: `[T, B, classes]`, or their counts `[B, classes]`, which a layer's output over time may have given. Of
            potentials it takes the sum over time.
        targets: class indices, int64 `[B]`, or any other target that torch's cross_entropy takes for counts.
        num_classes: for a population code: of N output neurons the first N / num_classes vote for class 0, the next for
            class 1, and so on; their counts are added. Default: one neuron a class.
        weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy.

    Returns a scalar, float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has fewer than two dimensions,
    or if num_classes does not divide N.
    """
    return _cross_entropy(spike_counts(spikes, num_classes), targets, weight, label_smoothing, reduction)


def spike_rate_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy at every time step, averaged over steps and the batch (snnTorch's ce_rate_loss; on currents, Deng
    et al. 2022, arXiv:2202.11946, TET without its regulariser).

        loss = 1 / T * sum over t of cross_entropy(s[t], targets)

    spikes: `[T, B, classes]`, spikes or potentials; targets: class indices, int64 `[B]`, or probabilities
    `[B, classes]`. weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it is not `[T, B, classes]`.
    """
    check_every_step(spikes)
    scores, steps = in_float32(spikes), spikes.shape[0]
    if isinstance(targets, Tensor):
        check_dense("targets", targets)
        targets = targets.expand(steps, *targets.shape).flatten(0, 1)
    loss = _cross_entropy(scores.flatten(0, 1), targets, weight, label_smoothing, reduction)
    if reduction == "none":
        return loss.unflatten(0, (steps, -1)).mean(0)
    return loss / steps if reduction == "sum" else loss


def max_potential_loss(
    potential: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the largest potential of each output neuron (snnTorch's ce_max_membrane_loss; SpyTorch's
    readout, Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595).

        loss = cross_entropy(max over t of u[t], targets)

    potential: `[T, B, classes]`, or the largest of each neuron, `[B, classes]`, which a layer with output="max" gives;
    targets: class indices, int64 `[B]`, or probabilities `[B, classes]`. weight, label_smoothing, reduction: as in
    torch.nn.functional.cross_entropy. The gradient goes to the first step with the largest potential. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if potential is not a floating-point tensor, ValueError if it has another shape.
    """
    return _cross_entropy(max_potential(potential), targets, weight, label_smoothing, reduction)


def last_potential_loss(
    potential: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the potential of each output neuron after the last step.

        loss = cross_entropy(u[T - 1], targets)

    potential: `[T, B, classes]`, or that of the last step, `[B, classes]`, as a layer's final state or output="last"
    gives it. All else is as in :func:`max_potential_loss`.
    """
    return _cross_entropy(last_potential(potential), targets, weight, label_smoothing, reduction)


def spike_time_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    inverse: str = "negate",
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the times of first spikes: the target neuron is to fire first (snnTorch's ce_temporal_loss).

        loss = cross_entropy(-t, targets), or cross_entropy(1 / (t + 1), targets) with inverse="reciprocal"

    spikes: `[T, B, classes]`, or times of first spikes `[B, classes]`, as :func:`first_spike_time` gives them, which
    says what the gradient is; targets: class indices, int64 `[B]`, or probabilities `[B, classes]`. inverse: "negate"
    or "reciprocal". weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has another shape, or on another
    inverse.
    """
    times = spike_times(spikes)
    negate = check_choice("inverse", inverse, ("negate", "reciprocal")) == "negate"
    return _cross_entropy(-times if negate else 1 / (times + 1), targets, weight, label_smoothing, reduction)


def _cross_entropy(
    scores: Tensor, targets: Tensor, weight: Tensor | None, label_smoothing: float, reduction: str
) -> Tensor:
    if isinstance(targets, Tensor):
        check_dense("targets", targets)
    return functional.cross_entropy(scores, targets, weight, label_smoothing=label_smoothing, reduction=reduction)
