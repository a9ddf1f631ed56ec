"""What the benchmark commands share: processes, proxies, load, profiles, tables."""
