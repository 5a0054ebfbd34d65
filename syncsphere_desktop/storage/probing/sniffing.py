"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import os
from enum import Enum, auto
from pathlib import PurePath
from typing import BinaryIO

from syncsphere_desktop.storage.probing.damage import DamagedError, NoAudioError, OtherFormatError

_HEAD = 4096
_ID3_HEADER = 10
_MOST_ID3_TAGS = 16
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")


class Kind(Enum):
    """The containers that the library takes."""

    WAV = auto()
    AIFF = auto()
    FLAC = auto()
    VORBIS = auto()
    OPUS = auto()
    OGG_FLAC = auto()
    MPEG = auto()
    MP4 = auto()
    ADTS = auto()


# The beginnings of files that people put beside their takes, and of audio that the library doesn't take.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"FLV", "a Flash film"),
    (b"0&\xb2u\x8ef\xcf\x11", "Windows Media audio"),
    (b"caff", "Core Audio (CAF)"),
    (b".snd", "Sun audio (AU)"),
    (b"riff.\x91\xcf\x11", "Sony Wave64"),
    (b"wvpk", "WavPack audio"),
    (b"MAC ", "Monkey's Audio"),
    (b"MPCK", "Musepack audio"),
    (b"MP+", "Musepack audio"),
    (b"TTA1", "True Audio"),
    (b"DSD ", "DSD audio"),
    (b"FRM8", "DSD audio"),
    (b"MThd", "a MIDI file"),
    (b"#!AMR", "AMR audio"),
    (b"ADIF", "AAC in an ADIF header"),
    (b"SQLite format 3", "a database"),
)

_RIFF_OTHERS = {b"AVI ": "an AVI film", b"WEBP": "a WebP picture", b"RMID": "a MIDI file"}
_FTYP_OTHERS = {
    b"heic": "a HEIC picture",
    b"heix": "a HEIC picture",
    b"mif1": "a HEIF picture",
    b"avif": "an AVIF picture",
}
_OGG_CODECS = {b"\x01vorbis": Kind.VORBIS, b"OpusHead": Kind.OPUS, b"\x7fFLAC": Kind.OGG_FLAC}
_OGG_OTHERS = {b"Speex": "Speex in Ogg", b"\x80theora": "an Ogg film", b"\x80kate": "subtitles in Ogg"}
_OTHER_SOUND = frozenset(
    {
        "Windows Media audio",
        "Core Audio (CAF)",
        "Sun audio (AU)",
        "Sony Wave64",
        "WavPack audio",
        "Monkey's Audio",
        "Musepack audio",
        "True Audio",
        "DSD audio",
        "AMR audio",
        "AAC in an ADIF header",
    }
)


def sniff(file: BinaryIO, name: str) -> Kind:
    """Return what the file is, at whose beginning it is left. Raises DamagedError saying what else it is."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise NoAudioError("It's empty.")
    head = _read(file, 0)
    kind = _container(head)
    if kind is None:
        start = end_of_id3(file, size)
        if start >= size:
            raise NoAudioError("It holds tags and no sound.")
        body = _read(file, start) if start else head
        # A tag may stand before other formats than MP3, too.
        kind = (_container(body) if start else None) or _frames(body)
        if kind is None:
            kind = _unmarked(body, name, other=_other(body))
    file.seek(0)
    return kind


def end_of_id3(file: BinaryIO, size: int) -> int:
    """Return where the ID3v2 tags at the beginning end: 0 without any, at most `size`."""
    end = 0
    for _ in range(_MOST_ID3_TAGS):
        file.seek(end)
        header = file.read(_ID3_HEADER)
        if len(header) < _ID3_HEADER or header[:3] != b"ID3" or any(byte & 0x80 for byte in header[6:]):
            break
        length = header[6] << 21 | header[7] << 14 | header[8] << 7 | header[9]
        footer = _ID3_HEADER if header[5] & 0x10 else 0
        end += _ID3_HEADER + length + footer
    return min(end, size)


def _read(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    return file.read(_HEAD)


def _container(head: bytes) -> Kind | None:
    """Return the container that begins so, None for none of ours."""
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE":
        return Kind.WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Kind.AIFF
    if head[:4] == b"fLaC":
        return Kind.FLAC
    if head[:4] == b"OggS":
        return _ogg(head)
    if head[4:8] == b"ftyp":
        other = _FTYP_OTHERS.get(head[8:12])
        if other is not None:
            raise NoAudioError(f"It's {other}.")
        return Kind.MP4
    return None


def _ogg(head: bytes) -> Kind:
    if len(head) < 27:
        raise DamagedError("It ends in the middle of its header.")
    packet = head[27 + head[26] :]
    for mark, kind in _OGG_CODECS.items():
        if packet.startswith(mark):
            return kind
    for mark, name in _OGG_OTHERS.items():
        if packet.startswith(mark):
            raise OtherFormatError(name)
    raise NoAudioError("It's an Ogg file without Vorbis, Opus or FLAC in it.")


def _frames(body: bytes) -> Kind | None:
    """Return which kind of bare frames begin so."""
    if len(body) < 4 or body[0] != 0xFF or body[1] & 0xE0 != 0xE0:
        return None
    if body[1] & 0xF6 == 0xF0:
        return Kind.ADTS
    is_frame = (
        body[1] & 0x06 != 0 and body[1] & 0x18 != 0x08 and body[2] & 0xF0 != 0xF0 and body[2] & 0x0C != 0x0C
    )
    return Kind.MPEG if is_frame else None


def _other(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RIFX"):
        return _RIFF_OTHERS.get(head[8:12], "a RIFF file that holds no sound")
    for mark, name in _OTHERS:
        if head.startswith(mark):
            return name
    if not any(head):
        return "nothing but zeros"
    if _is_text(head):
        return "text"
    return None


def _unmarked(body: bytes, name: str, *, other: str | None) -> Kind:
    """Return the kind of a file whose beginning says nothing: MP3 may start anywhere. Raises DamagedError."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".mp3" and other in (None, "nothing but zeros"):
        return Kind.MPEG  # the search for its first frame decides
    if suffix == ".aac" and other in (None, "nothing but zeros"):
        return Kind.ADTS
    if other is None:
        raise NoAudioError("Its content is no audio that the library takes.", details=body[:16].hex(" "))
    if other in _OTHER_SOUND:
        raise OtherFormatError(other)
    named = f" named {suffix}" if suffix and len(suffix) <= 8 and suffix.isprintable() else ""
    raise NoAudioError(f"It's {other}{named}.")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    if any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # cut in the middle of a character
    return True
