"""How the pictures look and are written: PNG and GIF, small, in colours that colour-blind readers tell apart."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image
from torch import Tensor

# Okabe & Ito's palette.
BLUE, ORANGE, GREEN, SKY, GREY = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#8C8C8C"
INK, FAINT = "#222222", "#D9D9D9"

# Ten inches wide, a picture is shown at some 800 pixels: 11 points stay readable, and sharp on a dense screen.
PNG_DOTS_PER_INCH, GIF_DOTS_PER_INCH = 140, 100

# Of each of red, green and blue; what quantisation makes of white lies above.
NEARLY_WHITE = 240

matplotlib.rcParams.update(
    {
        "font.size": 11,
        "axes.titlesize": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "legend.frameon": False,
    }
)


def new_figure(width: float, height: float) -> Figure:
    """In inches. It belongs to no window and to no pyplot: there is nothing to close."""
    return Figure(figsize=(width, height), layout="constrained")


def show_image(axes: Axes, pixels: Tensor, **options: object) -> AxesImage:
    """An image in a thin frame, without ticks: dark where there is ink."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=FAINT)
    return axes.imshow(pixels.numpy(), **{"cmap": "Greys", "vmin": 0, "vmax": 1, **options})


def png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    _indexed(_rendered(figure, PNG_DOTS_PER_INCH)).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def write_png(figure: Figure, path: Path) -> None:
    path.write_bytes(png(figure))


def write_gif(
    figure: Figure, update: Callable[[int], object], frames: Sequence[int], path: Path, *, milliseconds: int
) -> None:
    """`update(frame)` changes the figure for each frame; the last one stays for two seconds before it starts again."""
    images = []
    for frame in frames:
        update(frame)
        images.append(_rendered(figure, GIF_DOTS_PER_INCH))
        figure.set_layout_engine("none")  # the first frame's holds: nothing moves that is not meant to
    palette = _palette(images)
    first, *others = (image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images)
    times = [milliseconds] * (len(images) - 1) + [2_000]
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, optimize=True)


def _palette(images: Sequence[Image.Image]) -> Image.Image:
    """One for all: without it colours would flicker. What is nearly white becomes white, and not the other way."""
    together = Image.new("RGB", (images[0].width, sum(image.height for image in images)))
    for number, image in enumerate(images):
        together.paste(image, (0, number * image.height))
    palette = _indexed(together)
    values = palette.getpalette()
    for start in range(0, len(values), 3):
        if min(values[start : start + 3]) >= NEARLY_WHITE:
            values[start : start + 3] = [255, 255, 255]
    palette.putpalette(values)
    return palette


def _rendered(figure: Figure, dots_per_inch: int) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dots_per_inch, facecolor="white")
    return Image.open(buffer).convert("RGB")


def _indexed(image: Image.Image) -> Image.Image:
    """A byte a pixel in place of three: half the size, and no difference to see in flat colours."""
    return image.quantize(256, dither=Image.Dither.NONE)
