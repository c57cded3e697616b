# SPDX-License-Identifier: Apache-2.0
"""The program as a user runs it: a small sample, a short recipe, and what a command answers."""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

RECIPE = """
out = "run"
data = "shops"
seeds = [1, 2]
models = ["bias-transfer", "music"]

[ingest]
min_user_reviews = 20

[ingest.source]
reviews = "{data}/source_reviews.jsonl"
items = "{data}/source_items.jsonl"

[ingest.target]
reviews = "{data}/target_reviews.jsonl"
items = "{data}/target_items.jsonl"

[features.text]
dimension = 8
vocabulary = 2000

[features.image]
dimension = 4

[training]
checkpoint_seconds = 0

[model.music.encoder]
epochs = 3

[model.music.side]
epochs = 8

[model.music.overlap]
epochs = 8
"""


class ProductTest(unittest.TestCase):
    """Commands run in one temporary folder that holds shops/ (the sample) and r.toml."""

    program = ""
    synth = ["--users", "120"]

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="crossfade-e2e-"))
        (cls.folder / "r.toml").write_text(RECIPE)
        cls.call("synth", "--out", "shops", *cls.synth, "--quiet")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def start(cls, *arguments, **options):
        return subprocess.Popen([cls.program, *arguments], cwd=cls.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    @classmethod
    def call(cls, *arguments, **options):
        """Exit code, standard output and standard error of a command."""
        process = cls.start(*arguments, **options)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def succeed(self, *arguments):
        code, out, err = self.call(*arguments)
        self.assertEqual(code, 0, err)
        return out

    def refuse(self, code, message, *arguments, **options):
        """Expects the exit code, `message` as the whole last line, and nothing half-written."""
        got, out, err = self.call(*arguments, **options)
        self.assertEqual(err.strip().splitlines()[-1], message)
        self.assertEqual(got, code)
        self.assertEqual(out, "")
        self.assert_nothing_half_written()

    def assert_nothing_half_written(self):
        self.assertEqual([path for path in self.folder.rglob("*") if ".tmp" in path.name], [])

    def hashes(self, directory, *patterns):
        """The hash of every file below `directory` that matches one of the patterns."""
        root = self.folder / directory
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
                for pattern in patterns or ["*"] for path in root.rglob(pattern) if path.is_file()}

    def outcome(self, directory):
        """What a run is for: its results and its predictions."""
        found = self.hashes(directory, "results.jsonl", "predictions.npy", "users.npy")
        self.assertGreater(len(found), 9)
        return found

    def users_of(self, shop):
        lines = (self.folder / "shops" / f"{shop}_reviews.jsonl").read_text().splitlines()
        return {json.loads(line)["user_id"] for line in lines}


def main():
    ProductTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
