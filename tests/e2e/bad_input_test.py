# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one clear line and an exit code by kind, and leaves nothing half-written."""

import gzip
import json
import re
import shutil

import product

REVIEWS = "ingest.source.reviews"


class BadInput(product.ProductTest):
    def setUp(self):
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        self.reviews = (self.folder / "shops/source_reviews.jsonl").read_text().splitlines(True)

    def write(self, name, content):
        data = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(data)
        return name

    def refuse_run(self, code, message, *settings):
        changes = [word for setting in settings for word in ("--set", setting)]
        self.refuse(code, f"crossfade: {message}", "run", "r.toml", *changes)

    def refuse_reviews(self, code, message, file):
        self.refuse_run(code, message, f"{REVIEWS}={file}")
        self.assertFalse((self.folder / "run/ingest").exists())

    def refuse_recipe(self, message, text):
        self.refuse(2, f"crossfade: {message}", "run", self.write("bad.toml", text))
        self.assertFalse((self.folder / "runs").exists())

    def test_files_that_are_no_reviews(self):
        self.refuse_reviews(4, "no.jsonl: No such file or directory", "no.jsonl")
        self.refuse_reviews(4, "shops: is a directory; a file is expected", "shops")
        self.refuse_reviews(3, "e.jsonl: is empty", self.write("e.jsonl", ""))
        self.refuse_reviews(3, "g.jsonl: is not text (byte 5 is zero); JSON lines, CSV, TSV or "
                            "Parquet is expected", self.write("g.jsonl", b"\x7fELF\0\x01" * 99))
        cut = gzip.compress("".join(self.reviews).encode())[:-5000]
        self.refuse_reviews(3, "t.jsonl.gz: the gzip file is cut short; fetch it again",
                            self.write("t.jsonl.gz", cut))
        self.refuse_reviews(3, "a.json: is a JSON array; one object per line is expected",
                            self.write("a.json", "[1, 2]\n"))
        self.refuse_reviews(3, "o.jsonl: no column is the user; it has: a; name it with "
                            "ingest.source.user_column", self.write("o.jsonl", '{"a": 1}\n'))

    def test_too_many_bad_rows(self):
        rows = [json.loads(line) for line in self.reviews]
        for review in rows[:200]:
            review["rating"] = 7.0
        text = "".join(json.dumps(review) + "\n" for review in rows)
        self.refuse_reviews(3, f"r.jsonl: 200 of {len(rows)} rows rejected, more than "
                            "ingest.max_bad_fraction = 0.005; first: line 1: rating = 7.0 is "
                            "outside [1, 5]", self.write("r.jsonl", text))
        self.refuse_reviews(3, f"n.jsonl: 200 of {len(rows)} rows rejected, more than "
                            "ingest.max_bad_fraction = 0.005; first: line 1: rating = NaN is "
                            "outside [1, 5]",
                            self.write("n.jsonl", text.replace('"rating": 7.0', '"rating": NaN')))

    def test_bytes_that_are_no_utf8_are_no_obstacle(self):
        text = "".join(self.reviews).encode().replace(b'"text": "', b'"text": "\xff\xfe', 5)
        self.succeed("ingest", "r.toml", "--set", f"{REVIEWS}={self.write('u.jsonl', text)}")

    def test_shops_without_common_users(self):
        stranger = "".join(self.reviews).replace('"user_id": "', '"user_id": "X')
        first = json.loads(self.reviews[0])["user_id"]
        code, _, err = self.call("run", "r.toml", "--set",
                                 f"{REVIEWS}={self.write('x.jsonl', stranger)}")
        self.assertEqual(code, 3)
        self.assertRegex(err.splitlines()[-1],
                         f'^crossfade: ingest: no user is in both domains \\(such as "X{first}" in '
                         'the source, "[A-Z0-9]+" in the target\\); both must use the same user ids$')
        self.assert_nothing_half_written()

    def test_splits_that_leave_nobody(self):
        overlap = len(self.users_of("source") & self.users_of("target"))
        self.refuse_run(3, "dataset.beta = 1, dataset.validation = 0.1 and dataset.hide_source = 0 "
                        f"leave 0 of {overlap} overlapping users for training; at least 2 are "
                        "needed", "dataset.beta=1")
        self.refuse_run(3, f"dataset.beta = 0 of {overlap} overlapping users is no test user; "
                        "raise it", "dataset.beta=0")

    def test_recipes(self):
        hint = "is not a setting of this table; `crossfade config` prints them all"
        self.refuse_recipe(f"bad.toml:2: beto {hint}", "[dataset]\nbeto = 0.5\n")
        self.refuse_recipe("bad.toml:3: beta = 2 is outside [0, 1]", "\n[dataset]\nbeta = 2\n")
        self.refuse_recipe("bad.toml:2: the elements differ in type", '\nmodels = ["music", 3]\n')
        self.refuse_recipe("bad.toml:1: Error while parsing value: could not determine value type",
                           "a = = 1\n")
        self.refuse_run(2, f"--set ingest.x=1: x {hint}", "ingest.x=1")
        self.refuse_run(2, "models names music twice", 'models=["music", "music"]')
        self.refuse_run(2, 'model "nope" is unknown; the models are: constant, item-mean, '
                        "bias-transfer, tgt, tgt+, cmf, cmf+, emcdr, emcdr+, sscdr, sscdr+, lacdr, "
                        "lacdr+, ptupcdr, ptupcdr+, diffcdr, diffcdr+, dcdcsr, dcdcsr+, catn, omnimatch, "
                        "music, music-paper", 'models=["nope"]')
        self.refuse_run(2, '"{data}/source_reviews.jsonl" needs the data folder; pass --set '
                        "data=DIR", "data=")
        self.refuse(4, "crossfade: none.toml: No such file or directory", "run", "none.toml")

    def test_a_run_directory_of_another_version_or_damaged(self):
        self.succeed("run", "r.toml", "--set", 'models=["constant"]')
        manifest = self.folder / "run/dataset/manifest.json"
        text = manifest.read_text()
        manifest.write_text(text.replace('"format": 1', '"format": 99'))
        version = json.loads(text)["version"]
        self.refuse_run(3, f"run/dataset: was written by crossfade {version} (format 99), this is "
                        f"{version} (format 1); remove the directory or name another one")
        manifest.write_text(text[:100])
        self.refuse_run(3, "run/dataset/manifest.json: is damaged; remove its directory and run "
                        "again")

    def test_unreadable_images_count_as_missing(self):
        shutil.copytree(self.folder / "shops", self.folder / "dull")
        for image in sorted((self.folder / "dull/images").iterdir())[:7]:
            image.write_bytes(b"no image")
        code, _, err = self.call("run", "r.toml", "--set", "data=dull", "--set", "seeds=[1]")
        self.assertEqual(code, 0)
        self.assertIn("  note: ", err)
        counts = re.findall(r"note: (\d+) of \d+ (?:source|target) images cannot be read and count "
                            r"as missing; first: dull/images/", err)
        self.assertEqual(sum(map(int, counts)), 7, err)


if __name__ == "__main__":
    product.main()
