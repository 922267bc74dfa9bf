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
def square_root(x):
    """The IEEE square root. Triton's sqrt is exact for float64, an approximation for float32."""
    if x.dtype == tl.float64:
        return tl.sqrt(x)
    else:
        return tl.sqrt_rn(x)


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


@triton.jit
def logistic(x):
    """1 / (1 + e^-x), by e^-|x|, which does not overflow."""
    e = exponential(-tl.abs(x))
    return divide(tl.where(x < 0, e, 1.0), 1.0 + e)


@triton.jit
def hyperbolic_tangent(x):
    """The hyperbolic tangent, by the formulas of the compiled engines, which csrc/cpu/strip/scan.h explains."""
    size = tl.abs(x)
    near = size < 0.625
    small = tl.where(near, size, 0.0)
    square = small * small
    e = exponential(-2.0 * size)
    p = (0.964399179425052238628 * square + 99.2877231001918586564) * square + 1614.68768441708447952
    q = ((square + 112.811678491632931402) * square + 2235.48839060100448583) * square + 4844.06305325125486048
    y = tl.where(near, size, 1.0) - divide(tl.where(near, small * square * p, 2.0 * e), tl.where(near, q, 1.0 + e))
    return tl.where(x < 0, -y, tl.where(x == 0, x, y))
