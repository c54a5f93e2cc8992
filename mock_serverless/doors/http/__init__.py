"""The HTTP door: requests to what a cloud serves are answered in process.

    serving        who answers a request: a data plane (execute-api ...) or, through doors/wire, an AWS endpoint
    client         ``cloud.http``: a client with httpx's attributes
    interception   unchanged user code: requests, urllib3, httpx, urllib.request, http.client, aiohttp
    exchange       HTTP/1.1 as bytes, for the clients which want to talk to a socket

The SDK's own calls never come here (doors/sdk.py answers them at botocore's hooks), only presigned URLs do, and whatever
else is sent to an AWS host by other means.
"""

from ...core.hosts import Request, Response
from .client import HttpClient
from .interception import install, uninstall
from .responses import HttpResponse, HttpStatusError, TooManyRedirects
from .serving import claims, serve

__all__ = [
    "HttpClient",
    "HttpResponse",
    "HttpStatusError",
    "Request",
    "Response",
    "TooManyRedirects",
    "claims",
    "install",
    "serve",
    "uninstall",
]
