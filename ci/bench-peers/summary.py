"""The table, the ratios and the JSON of ci/bench."""

from __future__ import annotations

import os
import platform
from statistics import median
from typing import Any

from measure import Series

MIB = 1 << 20


def throughput(series: Series) -> float:
    """MiB/s of the median run."""
    return series.size / MIB / median(series.walls)


def size_name(size: int) -> str:
    return f"{size >> 30} GiB" if size % (1 << 30) == 0 else f"{size / MIB:g} MiB"


def spread(values: list[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def table(results: list[Series]) -> str:
    rows = [("size", "contestant", "kind", "wall ms (min-max)", "MiB/s (min-max)", "sender MiB",
             "receiver MiB")]
    for one in results:
        rates = [one.size / MIB / wall for wall in one.walls]
        memory = [f"{median(rss) / MIB:.1f}" if any(rss) else "" for rss in
                  (one.sender_rss, one.receiver_rss)]
        rows.append((
            size_name(one.size), one.contestant, one.kind, spread([1000 * w for w in one.walls], ".1f"),
            spread(rates, ".0f"), *memory))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def ratios(results: list[Series]) -> dict[str, Any]:
    """Ours against the others, by size: throughput, and for 1 MiB and memory what the name says."""
    found: dict[str, Any] = {}
    for size in sorted({one.size for one in results}):
        here = [one for one in results if one.size == size]
        peers = [one for one in here if one.kind == "authenticated"]
        best = max(peers, key=throughput, default=None)
        others = {one.contestant: one for one in here
                  if one.kind in ("network", "python", "unauthenticated")}
        for mine in (one for one in here if one.kind == "ours"):
            entry = found.setdefault(mine.contestant, {}).setdefault(size_name(size), {})
            if best is not None:
                entry[f"x best authenticated peer ({best.contestant})"] = (
                    throughput(mine) / throughput(best))
            for name, other in others.items():
                label = f"x {name}, unauthenticated" if other.kind == "unauthenticated" else f"x {name}"
                entry[label] = throughput(mine) / throughput(other)
                if name == "python-classic":
                    entry[f"wall of {name}"] = median(mine.walls) / median(other.walls)
    add_memory(found, results)
    return found


def add_memory(found: dict[str, Any], results: list[Series]) -> None:
    """Peak memory of the largest size less that of the smallest, in MiB."""
    for name in found:
        mine = sorted((one for one in results if one.contestant == name), key=lambda one: one.size)
        if len(mine) < 2:
            continue
        for side in ("sender_rss", "receiver_rss"):
            low, high = (median(getattr(one, side)) for one in (mine[0], mine[-1]))
            label = f"{side.split('_')[0]} peak MiB, {size_name(mine[-1].size)} - " \
                f"{size_name(mine[0].size)}"
            found[name].setdefault("memory", {})[label] = (high - low) / MIB


def ratio_table(found: dict[str, Any]) -> str:
    """One row for each of ours and each size; a row of memory at the end of each."""
    lines = []
    for name, sizes in found.items():
        for size, entries in sizes.items():
            parts = ", ".join(f"{value:.2f} {label}" for label, value in entries.items())
            lines.append(f"{name:<14} {size:<8} {parts}")
    return "\n".join(lines)


def environment() -> dict[str, Any]:
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "kernel": platform.release(), "processor": models[0] if models else platform.machine(),
        "processors": os.cpu_count(), "loadAverage": os.getloadavg()[0],
        "memoryBytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def document(network: str, results: list[Series], skipped: list[str]) -> dict[str, Any]:
    return {
        "schemaVersion": 1, "environment": environment(), "network": network,
        "skipped": skipped, "ratios": ratios(results),
        "results": [{
            "contestant": one.contestant, "kind": one.kind, "bytes": one.size,
            "wallSeconds": one.walls, "mebibytesPerSecond": throughput(one),
            "senderPeakBytes": one.sender_rss, "receiverPeakBytes": one.receiver_rss,
        } for one in results],
    }
