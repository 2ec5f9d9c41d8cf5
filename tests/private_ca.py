"""A certificate authority of a test's own, by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class PrivateCa:
    """Signs certificates of servers; `certificate` is what their clients trust."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self.key, self.certificate = folder / f"{name}.key", folder / f"{name}.pem"
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", str(self.key), "-out", str(self.certificate)),
            *("-subj", f"/CN=Test CA {name}", "-days", "2"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
        )

    def sign(self, name: str, alternative: str) -> tuple[Path, Path]:
        """Certificate and key of a server with this subjectAltName, such as "IP:127.0.0.1"."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, extensions = self.folder / f"{name}.pem", self.folder / f"{name}.ext"
        openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}"),
        )
        extensions.write_text(f"subjectAltName={alternative}\n")
        openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.certificate)),
            *("-CAkey", str(self.key), "-CAcreateserial", "-out", str(certificate)),
            *("-days", "1", "-extfile", str(extensions)),
        )
        return certificate, key
