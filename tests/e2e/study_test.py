# SPDX-License-Identifier: Apache-2.0
"""Several tasks, every rating-based model, one table."""

import json

import product

PUBLISHED = ["tgt", "cmf", "emcdr", "sscdr", "lacdr", "ptupcdr", "diffcdr", "dcdcsr"]
MODELS = ["bias-transfer", *PUBLISHED, *(name + "+" for name in PUBLISHED)]
STUDY = f"""
tasks = ["r.toml"]
vary."dataset.beta" = [0.3, 0.6]
out = "study"
seeds = [1, 2]
models = {json.dumps(MODELS)}

[model."diffcdr+"]
epochs = 3
"""


class Study(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.folder / "study.toml").write_text(STUDY)
        cls.code, cls.table, cls.log = cls.call("run", "study.toml")

    def test_one_table_has_every_model_at_every_point(self):
        self.assertEqual(self.code, 0, self.log)
        self.assertEqual(self.table, (self.folder / "study/results/table.txt").read_text())
        rows = [line.split()[0] for line in self.table.splitlines() if line]
        self.assertEqual(rows[:1], ["r"])
        self.assertEqual(rows[3:3 + len(MODELS)], MODELS)
        lines = (self.folder / "study/results/results.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), 2 * len(MODELS))
        self.assertEqual({json.loads(line)["point"] for line in lines}, {"beta 0.3", "beta 0.6"})

    def test_tables_and_backbones_are_made_once(self):
        self.assertEqual(sorted(path.name for path in (self.folder / "study/r").iterdir()),
                         ["beta-0.3", "beta-0.6", "dataset", "ingest", "input-hashes.json"])
        for line in ["plain backbone seed 1", "biased backbone seed 2"]:
            self.assertEqual(self.log.count(line), 2, self.log)

    def test_a_second_run_does_nothing(self):
        code, out, err = self.call("run", "study.toml")
        self.assertEqual((code, out), (0, self.table))
        made = [line for line in err.splitlines() if " s " in line + " " and "seed" in line]
        self.assertEqual([line for line in made if not line.startswith("split")], [])

    def test_a_cell_is_a_run_like_any_other(self):
        user = min(self.users_of("source") - self.users_of("target"))
        reply = json.loads(self.succeed("recommend", "--run", "study/r/beta-0.3", "--model",
                                        "emcdr+", "--user", user, "--top", "3", "--json"))
        self.assertEqual(len(reply["items"]), 3)
        self.assertIn("emcdr+", self.succeed("evaluate", "--run", "study/r/beta-0.6"))

    def test_the_oracle_is_marked(self):
        out = self.succeed("run", "study.toml", "--select", "test-oracle", "--set", "out=oracle",
                           "--set", 'models=["bias-transfer", "emcdr"]')
        self.assertRegex(out, r"\nemcdr \* ")
        self.assertRegex(out, r"\nbias-transfer +\d")


if __name__ == "__main__":
    product.main()
