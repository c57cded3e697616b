# SPDX-License-Identifier: Apache-2.0
"""From a sample to a table and to lists of recommendations."""

import json
import shutil

import product


class Run(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code, cls.table, cls.log = cls.call("run", "r.toml")

    def recommend(self, *arguments):
        return json.loads(self.succeed("recommend", "--run", "run", "--json", *arguments))

    def test_a_run_ends_with_the_table_it_stores(self):
        self.assertEqual(self.code, 0, self.log)
        results = self.folder / "run" / "results"
        self.assertEqual(self.table, (results / "table.txt").read_text())
        self.assertEqual(sorted(path.name for path in results.iterdir()),
                         ["results.jsonl", "table.md", "table.txt"])
        self.assert_nothing_half_written()

    def test_a_second_run_does_nothing_and_says_so(self):
        before = self.hashes("run")
        code, out, err = self.call("run", "r.toml")
        self.assertEqual((code, out), (0, self.table))
        stages = [line for line in err.splitlines() if line and not line.startswith("split")]
        self.assertEqual(len(stages), 8)
        for line in stages:
            self.assertIn(" up to date", line)
        self.assertEqual(self.hashes("run"), before)

    def test_quiet_prints_the_table_alone(self):
        self.assertEqual(self.call("run", "r.toml", "--quiet"), (0, self.table, ""))

    def test_json_is_one_object_per_model(self):
        out = self.succeed("run", "r.toml", "--json")
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([row["model"] for row in rows], ["bias-transfer", "music"])
        self.assertEqual(out, (self.folder / "run/results/results.jsonl").read_text())
        self.assertEqual(out, self.succeed("evaluate", "--run", "run", "--format", "json"))

    def test_a_run_that_is_not_finished_says_what_is_missing(self):
        shutil.copytree(self.folder / "run", self.folder / "half")
        shutil.rmtree(self.folder / "half/models/music/seed-2")
        missing = ("crossfade: half: music, seed 2, is not trained yet; the same `crossfade run` "
                   "command goes on")
        user = min(self.users_of("source"))
        self.refuse(4, missing, "evaluate", "--run", "half")
        self.refuse(4, missing, "recommend", "--run", "half", "--user", user, "--seed", "2")
        self.succeed("recommend", "--run", "half", "--user", user)

    def test_evaluate_repeats_the_table_and_judges_validation_users(self):
        self.assertEqual(self.succeed("evaluate", "--run", "run"), self.table)
        self.assertIn("validation users", self.succeed("evaluate", "--run", "run", "--on", "val"))

    def test_a_printed_recipe_reads_back_as_itself(self):
        for arguments in [["r.toml"], ["r.toml", "--no-help"], []]:
            printed = self.succeed("config", *arguments)
            (self.folder / "printed.toml").write_text(printed)
            again = self.succeed("config", "printed.toml", *arguments[1:])
            self.assertEqual(again, printed)

    def test_the_settings_of_a_model_are_a_table_of_a_recipe(self):
        for model in ["diffcdr+", "music-paper"]:
            (self.folder / "model.toml").write_text(self.succeed("config", "--model", model))
            self.succeed("config", "model.toml", "--set", f'models=["{model}"]')

    def test_every_command_has_help(self):
        for name in ["synth", "download", "ingest", "run", "evaluate", "recommend", "config", "models"]:
            self.assertIn("Usage:", self.succeed(name, "--help"))
            self.assertIn(name, self.succeed("--help"))
        self.assertRegex(self.succeed("--version"), r"^crossfade \d+\.\d+\.\d+ \(.*\)\n$")
        self.assertIn("\nmusic ", self.succeed("models"))

    def test_every_kind_of_user_gets_a_list_without_what_they_have(self):
        source, target = self.users_of("source"), self.users_of("target")
        have = {}
        for line in (self.folder / "shops/target_reviews.jsonl").read_text().splitlines():
            review = json.loads(line)
            have.setdefault(review["user_id"], set()).add(review["parent_asin"])
        roles = set()
        for user in sorted(source & target)[:40] + [min(source - target), min(target - source)]:
            reply = self.recommend("--user", user, "--top", "3")
            self.assertEqual(len(reply["items"]), 3)
            self.assertFalse({item["id"] for item in reply["items"]} & have.get(user, set()))
            roles.add(reply["role"])
        self.assertEqual(roles, {"known from the source only",
                                 "side user: known from the target only",
                                 "known from both shops",
                                 "cold-start user (validation)",
                                 "cold-start user (test)"})

    def test_a_list_ends_with_the_catalogue(self):
        user = min(self.users_of("source") - self.users_of("target"))
        items = self.recommend("--user", user, "--top", "100000")["items"]
        ratings = [item["rating"] for item in items]
        self.assertEqual(ratings, sorted(ratings, reverse=True))
        self.assertLess(len(items), 1000)

    def test_recommend_refuses_what_the_run_does_not_have(self):
        user = min(self.users_of("source"))
        of_run = ["recommend", "--run", "run", "--user", user]
        self.refuse(2, 'crossfade: user "nobody" is not in this run: no review of that user '
                    "passed the filters of [ingest]", "recommend", "--run", "run", "--user", "nobody")
        self.refuse(2, 'crossfade: model "nope" is not in this run, which has: bias-transfer, music',
                    *of_run, "--model", "nope")
        self.refuse(2, "crossfade: seed 77 is not in this run, which has: 1, 2",
                    *of_run, "--seed", "77")
        self.refuse(4, "crossfade: shops: there is no recipe.toml; name the `out` directory of a "
                    "finished `crossfade run`", "recommend", "--run", "shops", "--user", user)


if __name__ == "__main__":
    product.main()
