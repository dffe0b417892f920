"""A picture of a stranger on stdin -> a WebP of ours on stdout, after a line "WIDTH HEIGHT". Exit status 1: no picture.

Runs alone, as a process that may use little: what a decoder does wrong, it does there, and its memory goes with it.
    python -I redraw.py MOST_WIDTH MOST_HEIGHT
"""

import io
import os
import resource
import sys

KINDS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")  # told by their first bytes, whatever a name or a header says
MOST_PIXELS = 25_000_000
MEMORY_BYTES = 768 * 1024 * 1024
SECONDS = 10  # of the processor


def main() -> int:
    """Draw the first image anew, so that only its pixels come along: no metadata, no second file in the same bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(10)
    from PIL import Image, ImageOps  # here, so that nobody else pays for it

    width, height = map(int, sys.argv[1:])
    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                return 1
            mode = "RGBA" if image.has_transparency_data else "RGB"
            image.draft("RGB", (2 * max(width, height),) * 2)
            upright = ImageOps.exif_transpose(image.convert(mode))
    except Exception:  # a decoder raises anything
        return 1
    upright.thumbnail((width, height))
    made = io.BytesIO()
    upright.save(made, "WEBP", quality=80)
    sys.stdout.buffer.write(f"{upright.width} {upright.height}\n".encode() + made.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
