"""Keyed pseudonyms: an identity becomes a key that only the holder of the secret can make again. Still personal data.

A plain hash of an identity number is no protection (all numbers of all birth years can be tried in seconds); a keyed
one is, as long as the secret stays apart (EDPB guidelines 01/2025 on pseudonymisation). The secret comes from a file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import stat
from pathlib import Path

MINIMUM_KEY_BYTES = 32
_MINIMUM_DISTINCT_BYTES = 16  # 32 random bytes have about 30; a typed or repeated key has few
_MAXIMUM_KEY_FILE_BYTES = 4096
_DEMO_SEEDS = 10_000  # keys of demonstrations with these seeds are known to be nobody's secret


class WeakKeyError(ValueError):
    """A key that is missing, empty, too short, repetitive, or readable by others. Never holds the key."""


def pupil_key(identity: str, *, key: bytes, context: str) -> str:
    """The pseudonym of a normalised identity: HMAC-SHA256, base32, 29 characters with the version in front.

    `context` is the municipality code, so that keys of two municipalities cannot be joined. Depends on the identity,
    the secret and the context only.
    """
    mac = hmac.digest(key, context.encode() + b"\x1f" + identity.encode(), "sha256")
    return "v2:" + base64.b32encode(mac[:20]).decode()[:26]  # 26 characters hold 130 bits


def load_key(path: Path) -> bytes:
    """Read the secret from a file of mode 0400 or 0600: raw bytes, or hexadecimal text. Raises `WeakKeyError`."""
    if path.is_symlink() or not path.is_file():
        raise WeakKeyError(
            f"key file {path.name}: missing, or not a plain file; make one of 32 random bytes, mode 0400"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise WeakKeyError(f"key file {path.name}: mode {mode:04o} lets others read it; run `chmod 0400` on it")
    if path.stat().st_size > _MAXIMUM_KEY_FILE_BYTES:
        raise WeakKeyError(f"key file {path.name}: larger than {_MAXIMUM_KEY_FILE_BYTES} bytes, so not a key")
    content = path.read_bytes()
    text = content.strip()
    is_hexadecimal = len(text) % 2 == 0 and text != b"" and set(text) <= set(b"0123456789abcdefABCDEF")
    key = checked_key(bytes.fromhex(text.decode()) if is_hexadecimal else content)
    if any(hmac.compare_digest(key, demo_key(seed)) for seed in range(_DEMO_SEEDS)):
        raise WeakKeyError(f"key file {path.name}: a demonstration's key, which anyone can derive; make a random one")
    return key


def checked_key(key: bytes) -> bytes:
    """The key itself when it is strong enough; raises `WeakKeyError` otherwise."""
    if len(key) < MINIMUM_KEY_BYTES:
        raise WeakKeyError(f"the key has {len(key)} bytes, at least {MINIMUM_KEY_BYTES} are needed; make a random one")
    if len(set(key)) < _MINIMUM_DISTINCT_BYTES:
        raise WeakKeyError("the key repeats a few bytes; make a random one of 32 bytes")
    return key


def demo_key(seed: int) -> bytes:
    """The key of an invented world, derived from its seed. For homes marked `demo` only: anyone can derive it."""
    return hashlib.sha256(b"likvard demo key\x1f" + str(seed).encode()).digest()


def fingerprint(key: bytes) -> str:
    """Sixteen hexadecimal characters that tell keys apart without revealing them; stands in records."""
    return hmac.digest(key, b"likvard key fingerprint", "sha256").hex()[:16]
