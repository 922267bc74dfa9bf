"""The arithmetic that the emitted Triton steps are written in, where Triton's own is not what torch computes."""

import triton
import triton.language as tl


@triton.jit
def fires(distance, STRICT: tl.constexpr):
    """The Heaviside function of the distance to threshold: at the threshold itself a neuron fires unless STRICT."""
    if STRICT:
        return (distance > 0).to(distance.dtype)
    else:
        return (distance >= 0).to(distance.dtype)


@triton.jit
def divide(a, b):
    """IEEE division. Triton's `/` is exact for float64, an approximation for float32."""
    if a.dtype == tl.float64:
        return a / b
    else:
        return tl.math.div_rn(a, b)


@triton.jit
def minimum(a, b):
    """The smaller of two; a NaN from either side is handed on."""
    return tl.minimum(a, b, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def maximum(a, b):
    """The larger of two; a NaN from either side is handed on."""
    return tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def _power_of_two(exponent):
    """2^exponent in float32, for exponents of normal numbers."""
    return ((exponent + 127) << 23).to(tl.float32, bitcast=True)


@triton.jit
def exponential(x):
    """e to the power of x, within 1e-6 of its size.

    Triton's float32 exp is 2^(x * log2(e)) with the product rounded, which for x = -80 is off by 5e-6. Here x is first
    reduced to k * ln(2) + r, |r| <= ln(2) / 2, with ln(2) in two parts, of which the first times k is exact.
    """
    if x.dtype == tl.float64:
        return tl.exp(x)
    else:
        # Beyond these bounds the result is 0 or infinity anyway. A NaN passes both.
        bounded = tl.where(x < -105.0, -105.0, tl.where(x > 89.0, 89.0, x))
        k = tl.floor(bounded * 1.44269504 + 0.5)
        r = (bounded - k * 0.693359375) - k * -2.12194440e-4
        exponent = tl.where(x == x, k, 0.0).to(tl.int32)
        # In two factors, as 2^k alone overflows, or underflows, where e^x does not.
        half = exponent >> 1
        return tl.exp2(r * 1.44269504) * _power_of_two(half) * _power_of_two(exponent - half)
