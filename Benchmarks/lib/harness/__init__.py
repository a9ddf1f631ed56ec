"""What the benchmark commands share: processes, proxies, load, profiles, tables."""

import os
from pathlib import Path

# Before `ssl` is imported, which reads it; wrk inherits it, proxies do not (see stage.py).
os.environ["OPENSSL_CONF"] = str(Path(__file__).resolve().parents[1] / "openssl.cnf")
