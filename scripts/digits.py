"""Pictures of digits, made alike to those of MNIST: light ink on black, the digit in a box of 20 of
the 28 pixels of a side, its centre of mass in the middle.
"""

import os
import stat
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")  # Pillow starts programs for some others
LARGEST = 2**26  # pixels, as many as a good camera takes
LONGEST = 2**15  # of a side
WORKING_SIDE = 1024  # pixels; a digit is found as well in a reduced picture
WHITES = 1, 2**8 - 1, 2**10 - 1, 2**12 - 1, 2**14 - 1, 2**16 - 1  # of pictures of more than 8 bits
CONTRAST = 20  # least difference, of 255, between ink and paper
GRAIN = 0.2  # of the contrast; what differs less from the paper is no ink
BOX = 20 / 28
FILTER = Image.Resampling.BILINEAR

Gray = UInt8[np.ndarray, "i j"]


def read(path: str | Path, size: tuple[int, int]) -> Gray:
    """An image file as the network wants it. Raises: ValueError when there is no digit in it."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a FIFO may never be written to
            raise ValueError(f"{path}: expected a file, got a pipe or a device")
        try:
            gray = decode(file)
        except UnidentifiedImageError:
            raise ValueError(f"{path}: expected a readable image, got none of {', '.join(FORMATS)}") from None
        except Exception as error:  # a decoder of so many formats fails in as many ways
            raise ValueError(f"{path}: expected a readable image, got: {error}") from None
    if np.ptp(gray) < CONTRAST:
        raise ValueError(f"{path}: expected ink on a plain background, got a blank image")
    light = light_on_dark(gray)
    return light if is_normal(light, size) else normalise(light, size)


def decode(file: BinaryIO) -> Gray:
    """The grey levels of an image file; where it is transparent, it shows the better contrast."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image: Image.Image = Image.open(file, formats=FORMATS)
    if image.width * image.height > LARGEST:
        raise ValueError(f"{image.width}×{image.height} pixels, more than {LARGEST:,}")
    if max(image.size) > LONGEST:
        raise ValueError(f"{image.width}×{image.height} pixels, a side longer than {LONGEST:,}")
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":  # more than 8 bits, which Pillow would cut off at 255
        image = Image.fromarray(bytes_of(np.asarray(image, float)))
    image = image.convert("RGBA")
    image.thumbnail((WORKING_SIDE, WORKING_SIDE))
    gray, alpha = np.moveaxis(np.asarray(image.convert("LA"), float), -1, 0)
    alpha /= 255
    light_ink = (gray * alpha).sum() > 127 * alpha.sum()
    behind = 0 if light_ink else 255
    seen: Gray = np.rint(gray * alpha + behind * (1 - alpha)).astype(np.uint8)
    return seen


def bytes_of(levels: np.ndarray) -> Gray:
    """Grey levels of any depth as 0 to 255: white is the least of the usual whites that none exceeds."""
    if not np.isfinite(levels).all():
        raise ValueError("grey levels that are not finite")
    white = next((white for white in WHITES if levels.max() <= white), levels.max())
    gray: Gray = (levels.clip(0) * (255 / white)).round().astype(np.uint8)
    return gray


def light_on_dark(gray: Gray) -> Gray:
    """The image or its negative, whichever has the darker border."""
    middle = (int(gray.min()) + int(gray.max())) / 2
    return 255 - gray if paper(gray) > middle else gray


def paper(gray: Gray) -> float:
    """The grey level of the background: the median along the border."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    return float(np.median(border))


def is_normal(light: Gray, size: tuple[int, int]) -> bool:
    """Whether a picture is made as MNIST's are: the size, the box, and the centre of mass within half a pixel."""
    if light.shape != size:
        return False
    spans = [np.flatnonzero(light.any(axis)) for axis in (1, 0)]
    extents = [(span[-1] - span[0] + 1) / round(BOX * side) for span, side in zip(spans, size, strict=True)]
    profiles = [light.sum(axis, dtype=float) for axis in (1, 0)]
    centres = [np.arange(profile.size) @ profile / profile.sum() - profile.size / 2 for profile in profiles]
    return max(extents) == 1 and max(map(abs, centres)) <= 0.5


def normalise(light: Gray, size: tuple[int, int]) -> Gray:
    """The ink alone, scaled to fit the box, with its centre of mass in the middle of `size`."""
    ink = light - paper(light)
    ink[ink < GRAIN * ink.max()] = 0
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    factor = min(BOX * side / extent for side, extent in zip(size, ink.shape, strict=True))
    height, width = (max(1, round(factor * extent)) for extent in ink.shape)
    small = np.asarray(Image.fromarray(ink.astype(np.float32)).resize((width, height), FILTER))

    canvas = np.zeros(size, np.uint8)
    i, j = (corner(small.sum(axis), side) for axis, side in zip((1, 0), size, strict=True))
    canvas[i : i + height, j : j + width] = np.rint(small * (255 / small.max()))
    return canvas


def corner(ink: np.ndarray, side: int) -> int:
    """Where a profile has to begin so that its centre of mass is in the middle of `side`."""
    centre = float(np.arange(ink.size) @ ink / ink.sum())
    # In MNIST the middle of 28 pixels is the pixel 14: over its images the mean of the centres.
    return min(max(round(side / 2 - centre), 0), side - ink.size)
