"""A dataset in a bucket of S3, or of another store that speaks its protocol.

A file is one PUT, never an upload in parts, so that nothing half-sent is left behind. It is created only if nothing is
there (``If-None-Match: *``); the store compares it with its MD5, and the ETag of its answer is compared once more.
"""

import errno
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from hashlib import md5
from itertools import islice
from typing import Any, Final

from digitgen.dataset.stores.remote import RemoteStore
from digitgen.dataset.stores.store import Found

MAX_PUT: Final = 5 * 2**30
"""Most bytes of one PUT."""
_DELETED_AT_ONCE: Final = 1000
_RETRIES: Final = 2  # by s3fs, each with as many as botocore is set to make


class S3Store(RemoteStore):
    """A folder in a bucket."""

    _creates_once = True
    """Whether the store knows requests that create and never replace; the first refusal tells."""

    def is_empty(self) -> bool:
        """Whether nothing is there, in no folder; an object with the name of the place itself is nothing."""
        page = next(self._pages(Bucket=self._bucket, Prefix=self._key(""), MaxKeys=2))
        return all(each["Key"] == self._key("") for each in page.get("Contents", ()))

    def list(self, folder: str) -> dict[str, Found]:
        """List the files that lie directly in a folder, with their ETags."""
        prefix = self._key(f"{folder}/" if folder else "")
        cut = len(prefix) - (len(folder) + 1 if folder else 0)
        return {
            each["Key"][cut:]: Found(each["Size"], each["ETag"].strip('"'))
            for page in self._pages(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
            for each in page.get("Contents", ())
            if each["Key"] != prefix
        }

    def delete(self, names: Iterable[str]) -> None:
        """Delete files, a thousand in a request."""
        keys = iter([{"Key": self._key(name)} for name in names])
        while batch := list(islice(keys, _DELETED_AT_ONCE)):
            answer = self._s3(
                "delete_objects", str(self), Bucket=self._bucket, Delete={"Objects": batch, "Quiet": True}
            )
            for failed in answer.get("Errors", ()):
                raise OSError(errno.EIO, "the store does not delete it", self.at(failed["Key"][len(self._key("")) :]))

    def look(self, name: str) -> Found | None:
        """Ask for the size and ETag of one file."""
        try:
            facts = self._s3("head_object", self.at(name), Bucket=self._bucket, Key=self._key(name))
        except FileNotFoundError:
            return None
        return Found(facts["ContentLength"], facts["ETag"].strip('"'))

    def _create(self, name: str, data: bytes, *, replace: bool) -> tuple[str | None, bool]:
        """Put a file there by one request."""
        if len(data) > MAX_PUT:
            raise OSError(
                errno.EFBIG, f"S3 takes at most {MAX_PUT:,} bytes; make output.shard_size smaller", self.at(name)
            )
        hashed = b64encode(md5(data, usedforsecurity=False).digest()).decode()
        request = {"Bucket": self._bucket, "Key": self._key(name), "Body": data, "ContentMD5": hashed}
        if not replace and self._creates_once:
            try:
                return self._put(name, {**request, "IfNoneMatch": "*"})
            except OSError as error:
                if error.errno != errno.ENOTSUP:
                    raise
                self._creates_once = False
        if not replace and self.look(name) is not None:
            raise FileExistsError(errno.EEXIST, "is there already", self.at(name))
        return self._put(name, request)

    def _put(self, name: str, request: dict[str, Any]) -> tuple[str, bool]:
        """Make the request; returns the ETag, and whether it is the MD5 of the bytes."""
        answer = self._s3("put_object", self.at(name), len(request["Body"]), **request)
        mark = answer["ETag"].strip('"')
        return mark, mark == b64decode(request["ContentMD5"]).hex()

    def _same(self, name: str, data: bytes) -> tuple[str | None, bool]:
        """Ask for a file's ETag, and whether it is the MD5 of the bytes."""
        found = self.look(name)
        hashed = md5(data, usedforsecurity=False).hexdigest()
        return (found.mark, found == Found(len(data), hashed)) if found else (None, False)

    def _pages(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Ask for all pages of a listing."""
        while True:
            page = self._s3("list_objects_v2", str(self), **request)
            yield page
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _s3(self, method: str, where: str, more: int = 0, **request: Any) -> Any:
        """Make a request of S3's protocol."""
        return self._requests.wait(where, lambda: self._requests.system._call_s3(method, **request), more)

    @property
    def _bucket(self) -> str:
        """Name of the bucket."""
        return self._root.partition("/")[0]

    def _key(self, name: str) -> str:
        """Spell the key of a file in its bucket."""
        prefix = self._root.partition("/")[2]
        return f"{prefix}/{name}" if prefix else name

    def _connect(self) -> Any:
        """Make s3fs's file system; number of retries, keys, profile, region and endpoint are those of the environment.

        Further checksums are left out: stores that only resemble S3 do not know them, and ours are compared anyway.
        """
        import fsspec
        from fsspec.config import conf

        settings = {
            "connect_timeout": 10,
            "read_timeout": 60,
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            **conf.get("s3", {}).get("config_kwargs", {}),
        }
        system = fsspec.filesystem("s3", skip_instance_cache=True, config_kwargs=settings, use_listings_cache=False)
        system.retries = _RETRIES
        return system
