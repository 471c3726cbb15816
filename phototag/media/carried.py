"""The EXIF that a new picture made from a photo carries on."""

_GPS = 0x8825
_EXIF = 0x8769
_MAKER_NOTE = 0x927C  # makers put places and serial numbers into it, each in a form of its own
_WIDTH, _HEIGHT = 0xA002, 0xA003

# What the first directory may hand on: description, make, model, software, time, artist, host, copyright. All the rest
# is about the layout of the original's pixels, or (in TIFF) XMP and IPTC packets, which may tell the place again.
_CARRIED = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298)


def carried_exif(exif: bytes, size: tuple[int, int], *, keep_gps: bool) -> bytes:
    """The EXIF block (with its `Exif` header) for an upright picture of `size` (width, height) made from the photo
    whose block (TIFF) is `exif`.

    Camera, lens, exposure and times stay; the position stays only with `keep_gps`; maker notes and the embedded small
    picture, which shows the whole photo, never do. Empty when there is nothing to carry or the block can't be read.
    """
    if not exif:
        return b""
    from PIL import Image

    try:
        old, new = Image.Exif(), Image.Exif()
        old.load(b"Exif\0\0" + exif)
        for tag in _CARRIED:
            if tag in old:
                new[tag] = old[tag]
        inner = {tag: value for tag, value in old.get_ifd(_EXIF).items() if tag != _MAKER_NOTE}
        if inner:
            new[_EXIF] = {**inner, _WIDTH: size[0], _HEIGHT: size[1]}
        if keep_gps and (place := dict(old.get_ifd(_GPS))):
            new[_GPS] = place
        return new.tobytes() if len(new) else b""
    except Exception:  # broken EXIF raises whatever it likes; the new picture does without
        return b""
