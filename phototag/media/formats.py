"""Which files are candidates (by extension) and what they really are (by their first bytes)."""

from enum import StrEnum

from phototag.media.fault import PhotoError
from phototag.types import Stage


class Format(StrEnum):
    """A format whose photos are decoded."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    TIFF = "TIFF"
    GIF = "GIF"
    BMP = "BMP"
    AVIF = "AVIF"
    HEIF = "HEIF"


PHOTO_EXTENSIONS = frozenset(
    b"jpg jpeg jpe jfif jif mpo png apng webp tif tiff gif bmp dib avif avifs heic heics heif heifs hif".split()
)
RAW_EXTENSIONS = frozenset(
    b"3fr ari arw bay braw cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori"
    b" pef ptx pxn r3d raf raw rw2 rwl rwz sr2 srf srw x3f".split()
)
VIDEO_EXTENSIONS = frozenset(
    b"3g2 3gp asf avi divx flv insv lrv m2t m2ts m2v m4v mkv mod mov mp4 mpe mpeg mpg mts mxf ogm ogv qt rm rmvb tod ts"
    b" vob webm wmv".split()
)

_MAGIC = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0\x08\0", Format.TIFF),
    (b"MM\0+\0\x08", Format.TIFF),
    (b"BM", Format.BMP),
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1", b"heif")
)
_FOREIGN = (
    (b"8BPS", "a Photoshop document"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\x01\0", "an icon"),
    (b"\0\0\x02\0", "a mouse cursor"),
    (b"DDS ", "a texture"),
    (b"BLP", "a texture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)


def sniff(data: bytes) -> Format:
    """The format of the picture in `data`, told by its first bytes.

    Raises PhotoError (stage decode) that names what the file is instead, as far as that can be told.
    """
    for magic, found in _MAGIC:
        if data.startswith(magic):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Format.WEBP
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    raise PhotoError(Stage.DECODE, f"not a photo: {_foreign(data)}")


def _sniff_brands(data: bytes) -> Format:
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))}
    if data[8:12] in _AVIF_BRANDS or (brands & _AVIF_BRANDS and data[8:12] not in _HEIF_BRANDS - {b"mif1", b"msf1"}):
        return Format.AVIF
    if brands & _HEIF_BRANDS:
        return Format.HEIF
    raise PhotoError(Stage.DECODE, "not a photo: the content is a video")


def _foreign(data: bytes) -> str:
    head = data[:64]
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return f"the content is {name}"
    if not any(head):
        return "the file starts with zeros, as an interrupted copy leaves it"
    if head.isascii() and all(byte >= 32 or byte in b"\t\n\r\f" for byte in head):
        return "the content is text"
    return "the content is of no known picture format"
