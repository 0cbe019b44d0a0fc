"""Errors of stores in our words. The store's own are not repeated: they may quote a secret."""

import errno
import re
from typing import Final

_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_UNKNOWN: Final = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "UnrecognizedClientException"}
_NONE: Final = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}
_AWAY: Final = {"EndpointConnectionError", "ConnectTimeoutError", "ClientConnectorError", "ConnectionRefusedError"}
_BROKEN: Final = {
    *("ConnectionClosedError", "HTTPClientError", "ReadTimeoutError", "ClientPayloadError", "IncompleteRead"),
    *("ServerDisconnectedError", "ClientOSError", "ClientConnectionError", "ResponseStreamingError", "ConnectionError"),
    *("IncompleteReadError", "ConnectionResetError", "ServerTimeoutError", "ResponseParserError"),
}


def explained(error: Exception, where: str) -> OSError:
    """Say what went wrong with a request.

    Parameters
    ----------
    error : Exception
        What the library raised.
    where : str
        The address that the request was about.

    Returns
    -------
    OSError
        FileNotFoundError or FileExistsError if that is what it was; its `strerror` is one line, its `filename` the
        address.
    """
    code, status = code_of(error)
    kinds = {type(each).__name__ for each in _chain(error)}
    if code == "NoSuchBucket":
        return OSError(errno.EIO, "there is no such bucket; make it with your store's own tools", where)
    if code in ("PreconditionFailed", "ConditionalRequestConflict") or isinstance(error, FileExistsError):
        return FileExistsError(errno.EEXIST, "is there already", where)
    if status == 404 or isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "is not there", where)
    if code in _EXPIRED:
        return OSError(errno.EACCES, f"the credentials have expired ({code}); renew them", where)
    if code in _UNKNOWN:
        return OSError(errno.EACCES, f"the store does not accept the credentials ({code})", where)
    if kinds & _NONE:
        return OSError(errno.EACCES, "no credentials were found; set those of your store's own tools", where)
    if isinstance(error, PermissionError) or status in (401, 403):
        return OSError(errno.EACCES, f"access is refused ({code or 'no permission'})", where)
    if code == "NotImplemented":
        return OSError(errno.ENOTSUP, "the store does not know such a request (NotImplemented)", where)
    if status >= 500 or code in ("SlowDown", "RequestTimeout"):
        return OSError(errno.EIO, f"the store fails ({status} {code}), also when asked again", where)
    if kinds & _AWAY:
        return OSError(errno.EIO, "the store cannot be reached", where)
    if kinds & _BROKEN:
        return OSError(errno.EIO, "the connection to the store broke, also when tried again", where)
    if code:
        return OSError(errno.EIO, f"the store refuses ({status} {code})", where)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OSError(error.errno, error.strerror, where)
    return OSError(errno.EIO, f"the store fails ({type(error).__name__})", where)


def code_of(error: BaseException) -> tuple[str, int]:
    """Find the code and the HTTP status in the answer of an S3 store; "" and 0 if there is none."""
    for each in _chain(error):
        answer = getattr(each, "response", None)
        if isinstance(answer, dict):
            code = str(answer.get("Error", {}).get("Code", ""))
            status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            return (code if re.fullmatch("[A-Za-z0-9.]{1,60}", code) else ""), int(status)
    return "", 0


def _chain(error: BaseException | None) -> list[BaseException]:
    """List an error and what it came from."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
