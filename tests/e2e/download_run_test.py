# SPDX-License-Identifier: Apache-2.0
"""From shops whose items name addresses to a run that uses the downloaded images."""

import json

import image_server
import product


class DownloadRun(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = image_server.Server()
        for shop in ("source", "target"):
            path = cls.folder / "shops" / f"{shop}_items.jsonl"
            items = [json.loads(line) for line in path.read_text().splitlines()]
            for number, item in enumerate(items):
                what = "status/404" if number % 10 == 0 else f"image/{number}"
                item["images"] = [{"large": f"{cls.server.address}/{what}"}]
            path.write_text("".join(json.dumps(item) + "\n" for item in items))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        super().tearDownClass()

    def described(self, *settings):
        """How many images of the source the features know."""
        code, _, err = self.call("run", "r.toml", "--set", 'models=["music"]', "--set", "seeds=[1]",
                                 *settings)
        self.assertEqual(code, 0, err)
        path = self.folder / "run/features/image_descriptors/manifest.json"
        return json.loads(path.read_text())["details"]["source"], err

    def test_a_run_uses_the_images_it_names(self):
        before, err = self.described()
        self.assertEqual(before["described"], 0)
        self.assertIn("source images are addresses without a local file and count as missing; "
                      "`crossfade download images` fetches them for features.image.downloads", err)
        out = self.succeed("download", "images", "--run", "run", "--out", "pictures",
                           "--allow-private", "--quiet")
        again = self.succeed("download", "images", "--ingest", "run/ingest", "--out", "pictures",
                             "--allow-private", "--quiet")
        self.assertIn("; this run asked for 0 and got 0.0 MB\n", again)
        self.assertEqual(out.splitlines()[1:], again.splitlines()[1:])
        after, err = self.described("--set", "features.image.downloads=pictures")
        self.assertGreater(after["described"], 0)
        self.assertEqual(after["described"] + after["addresses"], before["addresses"])
        self.assertGreater(after["described"], 5 * after["addresses"])

    def test_a_folder_without_downloads_is_named(self):
        self.refuse(4, "crossfade: shops: there is no images.tsv; features.image.downloads names a "
                    "folder of `crossfade download images`", "run", "r.toml", "--set",
                    "features.image.downloads=shops")

    def test_an_ingest_artifact_is_needed(self):
        self.described()
        self.refuse(3, "crossfade: run/dataset: is an artifact of stage dataset, not ingest",
                    "download", "images", "--ingest", "run/dataset", "--out", "x")


if __name__ == "__main__":
    product.main()
