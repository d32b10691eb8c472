"""Refuses every connection except this machine's to itself, and an import that takes longer than most tests.

``conftest.py`` puts this folder on PYTHONPATH, so Python imports it at its start: in the tests, in the notebooks'
kernels and in each program that a test runs.
"""

import ipaddress
import socket
import sys

# Jupyter's jsonschema would check IRIs with it, which no schema here has; to parse its grammar takes a program 1.5 s.
sys.modules["rfc3987_syntax"] = None

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _refuse_others(host: object) -> None:
    if host in (None, "", b"", "localhost", b"localhost", socket.gethostname()):
        return
    try:
        if ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback:
            return
    except ValueError:  # a name, which would have to be looked up
        pass
    raise ConnectionRefusedError(f"the tests have no network: {host!r}")


def _checked(real):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_others(address[0])
        return real(self, address)

    return connect


def getaddrinfo(host, *arguments, **settings):
    if host not in ("0.0.0.0", "::"):  # to listen on
        _refuse_others(host)
    return _getaddrinfo(host, *arguments, **settings)


socket.socket.connect = _checked(_connect)
socket.socket.connect_ex = _checked(_connect_ex)
socket.getaddrinfo = getaddrinfo
