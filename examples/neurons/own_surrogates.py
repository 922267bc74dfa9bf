"""Surrogate derivatives that papers use and the package has no name for, as functions of the distance to threshold and
of the slope: `neuron(x, surrogate=multi_gaussian, slope=0.5)`."""

import math

from snnkernels import exp, where


def exponential(distance, slope):
    """exp(-slope |distance|): SLAYER (Shrestha & Orchard 2018); SE-adLIF with slope 5."""
    return exp(-slope * abs(distance))


def single_exponential(distance, slope):
    """slope exp(-slope |distance|): sinabs' SingleExponential, grad_width = 1 / slope."""
    return slope * exp(-slope * abs(distance))


def window(distance, slope):
    """1 where the distance is at least -slope: Rockpool's StepPWL with window = slope, and thresholds as the unit."""
    return where(distance >= -slope, 1.0, 0.0)


def damped_triangle(distance, slope):
    """slope max(0, 1 - |distance|): LSNN and e-prop with slope 0.3; here the slope is the height."""
    height = 1 - abs(distance)
    return slope * where(height > 0, height, 0.0)


def multi_gaussian(distance, slope):
    """A Gaussian with negative sides, times the slope: SRNN and DH-SNN with slope 0.5 (Yin et al. 2021)."""
    sides = gaussian(distance - 0.5, 3.0) + gaussian(distance + 0.5, 3.0)
    return slope * (1.15 * gaussian(distance, 0.5) - 0.15 * sides)


def double_gaussian(distance, slope):
    """A narrow Gaussian less a wide one: brf-neurons with slope 1 (Higuchi et al. 2024)."""
    return 0.5 * slope * (1.15 * gaussian(distance, 0.5) - 0.3 * gaussian(distance, 3.0))


def gaussian(distance, sigma):
    z = distance / sigma
    return exp(-0.5 * z * z) * (1 / (sigma * math.sqrt(2 * math.pi)))
