"""Say what a file is that should be IDX and is not, and what to do about it."""

import re
from typing import Final

_WRITE: Final = 'write its images and its labels as two IDX files; the page "Sources" shows how'
_UNPACK: Final = "unpack it first"
_PICTURE: Final = "all images belong into one IDX file, and their labels into another"
_FETCH: Final = "it was left in place of the real file"

HEAD: Final = 512
"""Bytes of a file that tell its kind."""

_KINDS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (rb"\Z", "empty", "copy or download it again"),
    (rb"\0+\Z", "filled with zeros, as after a crash", "copy or download it again"),
    (rb"version https?://(git-lfs|hawser|git-media)", "a Git LFS pointer", f'{_FETCH}: run "git lfs pull"'),
    (rb"(\.\./)*(\.git)?/?annex/objects/", "a git-annex pointer", f'{_FETCH}: run "git annex get"'),
    (rb"\s*(outs|md5):", "a DVC pointer", f'{_FETCH}: run "dvc pull"'),
    (
        rb"(?is)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)",
        "a web page",
        "download the file itself",
    ),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "XML, perhaps a server's error message", "download the file itself"),
    (rb"PK\x03\x04.{26}[^\0]{0,99}\.npy", "a numpy archive (.npz)", _WRITE),
    (rb"PK\x03\x04.{26}[^\0]{0,99}data\.pkl", "a PyTorch file", _WRITE),
    (rb"PK(\x03\x04|\x05\x06|\x07\x08)", "a zip archive", _UNPACK),
    (rb"\x93NUMPY", "a numpy array (.npy)", _WRITE),
    (rb"\x1f\x8b", "gzipped twice", "unpack it once with gunzip"),
    (rb"\x1f[\x9d\xa0]", "compressed by compress (.Z)", _UNPACK),
    (rb"\xfd7zXZ\0", "compressed by xz", f"{_UNPACK}; gzip is read as it is"),
    (rb"\x5d\0\0.{2}", "compressed by lzma", f"{_UNPACK}; gzip is read as it is"),
    (rb"BZh[1-9]", "compressed by bzip2", f"{_UNPACK}; gzip is read as it is"),
    (rb"\x28\xb5\x2f\xfd", "compressed by zstd", f"{_UNPACK}; gzip is read as it is"),
    (rb"\x04\x22\x4d\x18", "compressed by lz4", f"{_UNPACK}; gzip is read as it is"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (rb".{257}ustar", "a tar archive", _UNPACK),
    (rb"\x89PNG", "one PNG picture", _PICTURE),
    (rb"\xff\xd8\xff", "one JPEG picture", _PICTURE),
    (rb"GIF8", "one GIF picture", _PICTURE),
    (rb"BM.{4}\0\0\0\0", "one BMP picture", _PICTURE),
    (rb"(II\*\0|MM\0\*)", "one TIFF picture", _PICTURE),
    (rb"RIFF.{4}WEBP", "one WebP picture", _PICTURE),
    (rb"P[1-6]\s", "one PNM picture", _PICTURE),
    (rb"PAR1", "a Parquet table", _WRITE),
    (rb"(ARROW1|FEA1)", "an Arrow table", _WRITE),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", _WRITE),
    (rb"CDF[\x01\x02\x05]", "a NetCDF file", _WRITE),
    (rb"MATLAB ", "a MATLAB file", _WRITE),
    (rb"SQLite format 3\0", "a SQLite database", _WRITE),
    (rb"%PDF-", "a PDF document", "name an IDX file"),
    (rb"\x7fELF|MZ", "a program", "name an IDX file"),
    (rb"\x80[\x02-\x05]", "a Python pickle", _WRITE),
    (
        rb"[\x01-\x20][\x08\x09\x0b-\x0e]\0\0",
        "IDX with its bytes in the wrong order",
        "write the header in big-endian order",
    ),
    (rb"\s*[\[{]", "text, perhaps JSON", _WRITE),
)


def what_is(head: bytes) -> tuple[str, str] | None:
    """Find out what kind of file something is that is not IDX.

    Parameters
    ----------
    head : bytes
        The first `HEAD` bytes of it, or all if it has fewer.

    Returns
    -------
    tuple of str or None
        The kind, as what stands behind "it is", and what to do; None if it is not known.
    """
    for pattern, kind, advice in _KINDS:
        if re.match(pattern, head, re.DOTALL):
            return kind, advice
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = head.decode(encoding, errors="ignore")  # the last character may be cut
    if len(text.encode(encoding)) < len(head) - 3 or not all(each.isprintable() or each.isspace() for each in text):
        return None
    first = text.strip().partition("\n")[0]
    return ("a table in text (CSV)" if any(first.count(mark) > 1 for mark in ",;\t") else "text"), _WRITE
