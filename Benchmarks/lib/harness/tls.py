"""The certificate that every proxy shows, and the settings that they share so that the same work is compared.

TLS 1.2 and 1.3, tickets on, ECDSA P-256, X25519. Gatehouse runs with its defaults. The clients offer AES-128 first, as browsers
do (lib/openssl.cnf), and all of the proxies go by that. What was negotiated stands below the table of results.
"""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import places, shapes

HOST = "localhost"
CLASSIC = "X25519"
HYBRID = "X25519MLKEM768"


@dataclass(frozen=True)
class Certificate:
    """Files in PEM. HAProxy wants both in one."""

    chain: Path
    key: Path
    both: Path


def make_certificate(folder):
    """A certificate for the names that requests use, signed by itself, good for a month."""
    made = Certificate(folder / "chain.pem", folder / "key.pem", folder / "both.pem")
    subprocess.run([places.tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "30", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},DNS:{shapes.HOST}",
                    "-keyout", made.key, "-out", made.chain], check=True, capture_output=True)
    made.both.write_bytes(made.chain.read_bytes() + made.key.read_bytes())
    made.key.chmod(0o600)
    made.both.chmod(0o600)
    return made


def client_context():
    """What this program's own connections use: no verification, no resumption."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def over(socket):
    """TLS over a connected socket."""
    return client_context().wrap_socket(socket, server_hostname=HOST)
