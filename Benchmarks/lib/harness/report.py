"""Medians, ratios, tables, and the files in which results are kept."""

import datetime
import json
import statistics

from . import places, scenarios

KIBIBYTE = 1024
RUNS = "runs.json"
REPORT_PARTS = ("instructions", "memory", "scaling")


def table(headers, rows):
    """A Markdown table whose columns also line up on a terminal. The first two columns are text, the rest numbers."""
    cells = [[str(c) for c in row] for row in [headers, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = ["| " + " | ".join(align(c, widths[i], i) for i, c in enumerate(row)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (w + 1) + ("-" if i < 2 else ":") for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def align(text, width, column):
    """Text to the left, numbers to the right."""
    return text.ljust(width) if column < 2 else text.rjust(width)


def spread(values):
    """Half the distance from the lowest to the highest, as a share of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0


def kibibytes(count):
    """A size in KiB for a table."""
    return f"{count / KIBIBYTE:,.0f}"


def median_of(samples, key):
    """The median of one figure over the rounds that are valid, or over all when none is."""
    good = [s for s in samples if s["valid"]] or samples
    return statistics.median(s[key] for s in good)


def paired_ratio(samples, base_samples, key="cpu_us"):
    """The median over the rounds of peer ÷ base, both from the same round, so that slow drift cancels."""
    pairs = [s[key] / b[key] for s, b in zip(samples, base_samples) if s["valid"] and b["valid"] and b[key]]
    return statistics.median(pairs) if pairs else None


def base_name(results):
    """Whom ratios refer to: Gatehouse, or else the first that was measured."""
    return "gatehouse" if "gatehouse" in results else next(iter(results))


HEADERS = ["scenario", "proxy", "CPU µs/req", "±%", "user", "system", "ratio", "req/s", "busy %", "p50 µs", "p99 µs",
           "RSS KiB", "PSS KiB"]


def load_table(record):
    """The table of every load scenario and proxy."""
    rows = []
    for scenario, results in record["load"].items():
        base = results[base_name(results)]
        rows += [load_row(scenario, name, samples, base) for name, samples in results.items()]
    return table(HEADERS, rows)


def load_row(scenario, name, samples, base):
    """One line: medians over the rounds. A round with errors makes the line invalid, and says how many had them."""
    bad = sum(not s["valid"] for s in samples)
    figures = {key: median_of(samples, key) for key in samples[0] if key not in ("valid", "errors", "negotiated")}
    ratio = paired_ratio(samples, base)
    return [scenario, name + (f" INVALID ({bad} of {len(samples)} rounds)" if bad else ""),
            f"{figures['cpu_us']:.2f}", f"{spread([s['cpu_us'] for s in samples]) * 100:.0f}",
            f"{figures['user_us']:.2f}", f"{figures['system_us']:.2f}", f"{ratio:.2f}" if ratio else "–",
            f"{figures['requests_per_second']:,.0f}", f"{figures['busy'] * 100:.0f}", f"{figures['p50_us']:,.0f}",
            f"{figures['p99_us']:,.0f}", kibibytes(figures["rss"]), kibibytes(figures["pss"])]


IDLE_HEADERS = ["scenario", "proxy", "bytes each (private)", "±%", "second half", "bytes each (RSS)",
                "set aside beforehand, each", "RSS KiB before", "RSS KiB with all"]


def idle_table(record):
    """The table of idle connections."""
    rows = [[scenario, name, *idle_cells(samples)]
            for scenario, results in record["idle"].items() for name, samples in results.items()]
    return table(IDLE_HEADERS, rows)


def idle_cells(samples):
    """The figures of one proxy's idle connections."""
    middle = {key: statistics.median(s[key] for s in samples) for key in samples[0]}
    return [f"{middle['private_dirty_each']:,.0f}", f"{spread([s['private_dirty_each'] for s in samples]) * 100:.0f}",
            f"{middle['private_dirty_each_second_half']:,.0f}", f"{middle['rss_each']:,.0f}",
            f"{middle['beforehand_each']:,.0f}", kibibytes(middle["base_rss"]), kibibytes(middle["full_rss"])]


def bar_lines(record):
    """Each bar with the figure that meets or misses it. Information only: a shared machine fails nobody."""
    lines = [bar_line(bar, record["load"].get(bar.scenario, {})) for bar in scenarios.BARS]
    lines += [rate_bar_line(bar, record["load"].get(bar.scenario, {})) for bar in scenarios.RATE_BARS]
    lines += [idle_bar_line(record, kind.name, kind.bytes_max) for kind in scenarios.IDLES if kind.bytes_max]
    return "\n".join(line for line in lines if line)


def idle_bar_line(record, scenario, most):
    """The bar of an idle connection's memory, or nothing when it was not measured."""
    samples = record.get("idle", {}).get(scenario, {}).get("gatehouse")
    if not samples:
        return ""
    each = statistics.median(s["private_dirty_each"] for s in samples)
    return f"- {'met' if each <= most else 'MISSED'}: {scenario}, {each:,.0f} bytes each, at most {most:,}"


def bar_line(bar, results):
    """One bar's line, or nothing when it was not measured."""
    if "gatehouse" not in results or bar.peer not in results:
        return ""
    ratio = paired_ratio(results[bar.peer], results["gatehouse"])
    if ratio is None:
        return f"- no valid round: {bar.scenario} against {bar.peer}"
    verdict = "met" if ratio >= bar.ratio else "MISSED"
    return f"- {verdict}: {bar.scenario}, {bar.peer} needs {ratio:.2f} times Gatehouse's CPU, at least {bar.ratio:.2f}"


def rate_bar_line(bar, results):
    """One line of what is done in a second, or nothing when it was not measured. Requests are of a MiB each."""
    if "gatehouse" not in results or bar.peer not in results:
        return ""
    own, peer = (median_of(results[name], "requests_per_second") for name in ("gatehouse", bar.peer))
    ratio = paired_ratio(results["gatehouse"], results[bar.peer], "requests_per_second")
    if ratio is None:
        return f"- no valid round: {bar.scenario} against {bar.peer}"
    verdict = "met" if ratio >= bar.ratio else "MISSED"
    return (f"- {verdict}: {bar.scenario}, {own:,.0f} MiB/s, {ratio:.2f} times {bar.peer}'s {peer:,.0f}, "
            f"at least {bar.ratio:.2f}")


def heading(record):
    """Machine, versions and settings in a few lines."""
    m = record["machine"]
    versions = "; ".join(f"{name}: {version}" for name, version in record["versions"].items())
    settings = ", ".join(f"{key} {value}" for key, value in record["settings"].items())
    place = f"{m['cpu']} ({m['cores']} cores), Linux {m['kernel']}, {m['system']}"
    return f"{record['date']} on {place}.\n{versions}.\n{settings}."


def negotiated_lines(record):
    """What TLS was spoken, for each scenario in which the load knows."""
    lines = []
    for scenario, results in record["load"].items():
        kinds = {name: samples[0]["negotiated"] for name, samples in results.items() if samples[0]["negotiated"]}
        if len(set(kinds.values())) == 1:
            lines.append(f"{scenario}: {next(iter(kinds.values()))} for all.")
        else:
            lines += [f"{scenario}: {kind} for {name}." for name, kind in kinds.items()]
    return "\n".join(lines)


OTHERS_MAX = 0.05


def disturbance(record):
    """A warning when others used the proxy's core while it was measured."""
    shares = [s["others"] for results in record["load"].values() for rounds in results.values() for s in rounds]
    loud = sum(share > OTHERS_MAX for share in shares)
    if not loud:
        return ""
    return (f"Noise: in {loud} of {len(shares)} measurements something else used more than {OTHERS_MAX:.0%} "
            f"of the proxy's core (median {statistics.median(shares):.0%}, at most {max(shares):.0%}).")


def bench_markdown(record, title="## CPU per request"):
    """The whole result of `bench` as Markdown."""
    parts = [title, heading(record)]
    if record["load"]:
        parts += [load_table(record), negotiated_lines(record), disturbance(record)]
    if record["idle"]:
        parts += ["### Idle connections", idle_table(record)]
    bars = bar_lines(record)
    if bars:
        parts += ["### Bars", bars]
    return "\n\n".join(part for part in parts if part) + "\n"


def today():
    """The date in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")


def save(name, record, markdown):
    """Writes NAME.json and NAME.md into the out folder."""
    folder = places.out_folder()
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / f"{name}.md").write_text(markdown)


def keep_run(record):
    """Adds a run to those that RESULTS.md shows; what it measured again is taken out of the earlier ones."""
    runs = [without(run, record) for run in kept_runs()]
    path = places.out_folder() / RUNS
    path.write_text(json.dumps([run for run in runs if run["load"] or run["idle"]] + [record], indent=1) + "\n")


def kept_runs():
    """The runs that RESULTS.md shows, the oldest first."""
    path = places.OUT / RUNS
    return json.loads(path.read_text()) if path.exists() else []


def without(run, newer):
    """A run without the scenarios that a newer one has."""
    return run | {kind: {name: results for name, results in run[kind].items() if name not in newer[kind]}
                  for kind in ("load", "idle")}


def only(run, is_wanted):
    """The part of a run whose scenarios' names are wanted."""
    return run | {kind: {name: results for name, results in run[kind].items() if is_wanted(name)}
                  for kind in ("load", "idle")}


FAMILIES = {
    "HTTP/1.1 in clear text": lambda name: not name.startswith(("tls-", "h2-", "grpc-")),
    "HTTP/1.1 over TLS": lambda name: name.startswith("tls-"),
    "HTTP/2 and gRPC": lambda name: name.startswith(("h2-", "grpc-")),
}


def runs_markdown(runs):
    """What was measured last of each scenario: a section for each family, in it a part for each run."""
    sections = []
    for title, is_wanted in FAMILIES.items():
        parts = [only(run, is_wanted) for run in runs]
        sections += [bench_markdown(part, f"## {title}") for part in parts if part["load"] or part["idle"]]
    return sections


def write_results_page():
    """Joins what was measured last into RESULTS.md."""
    paths = [places.OUT / f"{name}.md" for name in REPORT_PARTS]
    found = runs_markdown(kept_runs()) + [path.read_text() for path in paths if path.exists()]
    if not found:
        raise SystemExit("no results yet: run the benchmarks first")
    page = "# Results\n\nWritten by `Benchmarks/bench --report` from the last run of each scenario and command. " \
           "README.md says what the figures mean.\n\n" + "\n".join(found)
    (places.BENCHMARKS / "RESULTS.md").write_text(page)
