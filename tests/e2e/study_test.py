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

# Many items, few ratings: some items have no training rating.
DUAL = """
tasks = ["r.toml"]
vary."evaluation.unseen_items" = ["paper", "sane"]
out = "dual"
data = "thin-shops"
models = ["constant", "tgt", "cmf", "tgt+", "cmf+", "music"]

[ingest]
min_user_reviews = 3

[evaluation]
rows = "unseen-items"
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

    def test_the_least_mae_of_the_oracle_stands_beside_its_own_rows_only(self):
        self.succeed("run", "r.toml", "--select", "test-oracle", "--set", "out=oracle-run",
                     "--set", 'models=["ptupcdr"]')

        def mae(*arguments):
            row = json.loads(self.succeed("evaluate", "--run", "oracle-run", "--format", "json",
                                          *arguments))
            return row["groups"]["all"]["mae"]["mean"]

        # The sample has no unseen items: the same rows, then with the MAE of the epoch kept.
        self.assertLess(mae(), mae("--set", "evaluation.rows=seen-items"))


class DualColdStart(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call("synth", "--out", "thin-shops", "--users", "120", "--quiet", "--set",
                 "target_items=400", "--set", "reviews_per_user=8", "--set", "min_reviews=5",
                 "--set", "image_size=8")
        (cls.folder / "dual.toml").write_text(DUAL)
        cls.code, cls.table, cls.log = cls.call("run", "dual.toml")

    def maes(self, lines):
        rows = [json.loads(line) for line in lines.splitlines()]
        return {(row["model"], row["unseen_items"]): row["groups"]["all"]["mae"]["mean"]
                for row in rows}

    def stored(self):
        return self.maes((self.folder / "dual/results/results.jsonl").read_text())

    def test_sane_changes_the_rows_that_have_untrained_items_and_no_others(self):
        self.assertEqual(self.code, 0, self.log)
        maes = self.stored()
        for model, untrained in [("tgt", True), ("cmf", True), ("tgt+", False), ("cmf+", False),
                                 ("constant", False), ("music", False)]:
            changed = maes[model, "paper"] != maes[model, "sane"]
            self.assertEqual(changed, untrained, model)

    def test_points_of_the_evaluation_share_one_run(self):
        self.assertEqual(self.log.count("cmf seed 1"), 1, self.log)
        self.assertTrue((self.folder / "dual/r/models/cmf/seed-1").is_dir())
        self.assertFalse(list((self.folder / "dual/r").glob("unseen*")))
        self.assertIn('unseen_items = "paper"', (self.folder / "dual/r/recipe.toml").read_text())
        self.assertIn("rows = unseen-items", (self.folder / "dual/r/results/table.txt").read_text())

    def test_evaluate_switches_without_training(self):
        out = self.succeed("evaluate", "--run", "dual/r", "--format", "json", "--set",
                           "evaluation.unseen_items=sane")
        stored = self.stored()
        for row, mae in self.maes(out).items():
            self.assertEqual(mae, stored[row])

    def test_a_seed_without_such_ratings_is_named(self):
        self.succeed("run", "r.toml", "--set", 'models=["constant"]')
        self.refuse(3, 'crossfade: run: evaluation.rows = "unseen-items" leaves no test rating '
                    "with seed 1; set it to all, or raise dataset.beta", "evaluate", "--run", "run",
                    "--set", "evaluation.rows=unseen-items")


if __name__ == "__main__":
    product.main()
