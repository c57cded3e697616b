# SPDX-License-Identifier: Apache-2.0
"""Language models: from raw files to recommendations, killed, resumed and in shards."""

import json
import os
import pathlib
import shutil
import signal
import time

import product

MODELS = pathlib.Path(os.environ["CROSSFADE_TINY_MODELS"])

ENCODERS = f"""
[features]
items = ["llm"]
users = ["llm"]

[features.llm]
part_texts = 16

[features.llm.items]
model = "{MODELS}/tiny-minicpmv.gguf"
vision = "{MODELS}/tiny-minicpmv-mm.gguf"
max_tokens = 160
dimension = 8

[features.llm.users]
model = "{MODELS}/tiny-llama.gguf"
max_tokens = 64
max_reviews = 2
dimension = 8
"""

VECTORS = ["*.npy", "ids.txt", "problems.tsv", "part-*.json"]


class Embed(product.ProductTest):
    # As few items as there can be: each takes a hundredth of a second even with tiny models.
    synth = ["--users", "100", "--set", "source_items=96", "--set", "target_items=96"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        recipe = product.RECIPE.split("[features.text]")[0] + ENCODERS
        recipe += "[training]" + product.RECIPE.split("[training]")[1]
        (cls.folder / "llm.toml").write_text(recipe)
        cls.code, cls.printed, cls.errors = cls.call("embed", "llm.toml", "--set", "out=whole")

    def vectors(self, out):
        return self.hashes(f"{out}/embeddings", *VECTORS)

    def details(self, out, name):
        manifest, = (self.folder / out / "embeddings").glob(f"{name}-*/merged/manifest.json")
        return json.loads(manifest.read_text())["details"]

    def test_every_item_and_user_gets_a_vector(self):
        self.assertEqual(self.code, 0, self.errors)
        self.assertEqual(len(self.printed.splitlines()), 4)
        items = self.details("whole", "target-items")
        self.assertGreater(items["rows"], 0.98 * items["expected"])  # a few have no metadata
        self.assertGreater(items["images"], 0.8 * items["rows"])
        self.assertEqual(items["problems"], 0)
        users = self.details("whole", "source-users")
        self.assertEqual(users["images"], 0)
        self.assertEqual(users["rows"], users["expected"])
        self.assertGreater(users["tokens"], users["texts"])
        self.assertIn("tokens/s", self.errors)
        self.assert_nothing_half_written()

    def test_a_second_call_makes_nothing(self):
        before = self.vectors("whole")
        code, out, err = self.call("embed", "llm.toml", "--set", "out=whole")
        self.assertEqual(code, 0, err)
        self.assertEqual(out, self.printed)
        self.assertNotIn("tokens/s", err)
        self.assertEqual(self.vectors("whole"), before)

    def test_parts_are_not_needed_once_they_are_merged(self):
        shutil.copytree(self.folder / "whole", self.folder / "slim")
        for path in (self.folder / "slim" / "embeddings").glob("*/part-*"):
            path.unlink()
        code, out, err = self.call("embed", "llm.toml", "--set", "out=slim")
        self.assertEqual(code, 0, err)
        self.assertEqual(out, self.printed.replace("whole/", "slim/"))
        self.assertEqual(list((self.folder / "slim").rglob("part-*")), [])

    def test_shards_make_the_same_vectors(self):
        for shard in ["3/3", "1/3"]:
            self.succeed("embed", "llm.toml", "--set", "out=shards", "--shard", shard)
        code, _, err = self.call("embed", "llm.toml", "--set", "out=shards", "--merge")
        self.assertEqual(code, 3)
        self.assertIn("parts are not there yet, part 1 the first; run `crossfade embed`", err)
        _, _, err = self.call("embed", "llm.toml", "--set", "out=shards", "--shard", "2/3")
        self.assertIn("--merge", err.splitlines()[-1])
        self.assertEqual(self.succeed("embed", "llm.toml", "--set", "out=shards", "--merge"),
                         self.printed.replace("whole/", "shards/"))
        self.assertEqual(self.vectors("shards"), self.vectors("whole"))

    def stop_when(self, process, pattern, signal_number):
        while process.poll() is None and not next(self.folder.glob(pattern), None):
            time.sleep(0.002)
        process.send_signal(signal_number)
        return process.communicate(timeout=60)

    def test_killed_and_resumed_makes_the_same_vectors(self):
        for pattern in ["source-items-*/part-00001.json", "target-items-*/.unfinished.tmp-*/*",
                        "source-users-*/part-00002.npy", "target-users-*/part-00000.json"]:
            process = self.start("embed", "llm.toml", "--set", "out=killed")
            self.stop_when(process, f"killed/embeddings/{pattern}", signal.SIGKILL)
            self.assertEqual(process.returncode, -signal.SIGKILL, pattern)
        parts = self.hashes("killed/embeddings", "part-*.json")
        self.assertGreater(len(parts), 3)
        _, _, err = self.call("embed", "llm.toml", "--set", "out=killed")
        self.assertNotIn("source items:", err)  # all its parts were there
        self.assertEqual(self.vectors("killed"), self.vectors("whole"))
        self.assert_nothing_half_written()

    def test_interrupted(self):
        process = self.start("embed", "llm.toml", "--set", "out=stopped")
        _, err = self.stop_when(process, "stopped/embeddings/*/part-00000.json", signal.SIGINT)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertEqual(err.splitlines()[-1],
                         "crossfade: interrupted; the same command goes on from here")
        self.assert_nothing_half_written()

    def test_broken_images_are_written_down_and_leave_the_rest_alone(self):
        folder = self.folder / "broken"
        folder.mkdir()
        (folder / "images").mkdir()
        for path in (self.folder / "shops").glob("*.jsonl"):
            (folder / path.name).symlink_to(path)
        images = sorted((self.folder / "shops" / "images").iterdir())
        for number, path in enumerate(images):
            content = path.read_bytes()
            (folder / "images" / path.name).write_bytes(
                content[:len(content) // 2] if number % 10 == 0 else content)
        code, _, err = self.call("embed", "llm.toml", "--set", "out=spoilt", "--set", "data=broken",
                                 "--set", "features.users=[\"profile\"]")
        self.assertEqual(code, 0, err)
        self.assertIn("texts or images cannot be used, see", err)
        counts = [self.details("spoilt", f"{shop}-items") for shop in ["source", "target"]]
        self.assertEqual(sum(c["problems"] for c in counts), (len(images) + 9) // 10)
        self.assertEqual([c["rows"] for c in counts],
                         [self.details("whole", f"{shop}-items")["rows"]
                          for shop in ["source", "target"]])
        problems = [line for path in self.folder.glob("spoilt/embeddings/*/merged/problems.tsv")
                    for line in path.read_text().splitlines()[1:]]
        self.assertIn(images[0].stem, {line.split("\t")[0] for line in problems})

    def test_a_run_goes_from_raw_data_to_recommendations(self):
        table = self.succeed("run", "llm.toml", "--set", "out=whole", "--json")
        rows = {row["model"]: row for row in map(json.loads, table.splitlines())}
        self.assertIn("music", rows)
        user = sorted(self.users_of("source") - self.users_of("target"))[0]
        answer = self.succeed("recommend", "--run", "whole", "--user", user)
        self.assertGreaterEqual(len(answer.splitlines()), 5)

    def test_mistakes_are_named(self):
        self.refuse(2, "crossfade: --shard 4/3 is not I/N with 1 <= I <= N, as in 2/8",
                    "embed", "llm.toml", "--shard", "4/3", "--quiet")
        self.refuse(2, "crossfade: the recipe embeds nothing: neither features.items nor "
                    "features.users names the encoder llm", "embed", "r.toml", "--quiet")
        self.refuse(2, "crossfade: features.llm.items.model is not set; the encoder llm needs a "
                    "language model, a GGUF file",
                    "embed", "r.toml", "--set", "features.items=[\"llm\"]", "--quiet")
        self.refuse(4, "crossfade: nowhere.gguf: No such file or directory", "embed", "llm.toml",
                    "--set", "features.llm.items.model=nowhere.gguf", "--set", "out=whole",
                    "--quiet")


if __name__ == "__main__":
    product.main()
