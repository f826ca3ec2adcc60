"""The listening server's TLS context."""

from __future__ import annotations

import ssl

from core.listening.certificate import make_identity


def test_the_group_of_finite_fields_is_named_as_windows_wants_it(monkeypatch):
    """`load_dh_params` takes a Path everywhere but on Windows, where that is a TypeError."""
    named = []
    real = ssl.SSLContext.load_dh_params

    def load(self, path):
        named.append(type(path))
        return real(self, path)

    monkeypatch.setattr(ssl.SSLContext, "load_dh_params", load)
    identity = make_identity(("sendproof.example.com",), ("127.0.0.1",))
    assert named == [str]
    assert identity.names == ("sendproof.example.com", "127.0.0.1")
