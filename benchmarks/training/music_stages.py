#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what each training phase of a run's model took: RUN_DIRECTORY MODEL."""
import json
import pathlib
import sys

if len(sys.argv) != 3:
    sys.exit("usage: music_stages.py RUN_DIRECTORY MODEL")
print(f"{'seed':<12}{'phase':<10}{'rows':>8}{'epochs':>8}{'seconds':>9}{'rows/s':>10}")
for seed in sorted(pathlib.Path(sys.argv[1], "models", sys.argv[2]).glob("seed-*")):
    for phase in json.loads((seed / "manifest.json").read_text())["details"]["phases"]:
        done = phase["rows"] * phase["epochs"]
        rate = f"{done / phase['seconds']:,.0f}" if done and phase["seconds"] else ""
        print(
            f"{seed.name:<12}{phase['name']:<10}{phase['rows']:>8}{phase['epochs']:>8}"
            f"{phase['seconds']:>9.2f}{rate:>10}"
        )
