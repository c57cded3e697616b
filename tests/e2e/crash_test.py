# SPDX-License-Identifier: Apache-2.0
"""A run that is killed, and started again, ends as if nothing had happened."""

import signal
import time

import product


class Crash(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call("run", "r.toml", "--quiet", "--set", "out=whole", "--set", "jobs=1")

    def start_run(self, out):
        return self.start("run", "r.toml", "--set", f"out={out}")

    def finish(self, out):
        self.succeed("run", "r.toml", "--set", f"out={out}")
        self.assert_nothing_half_written()
        self.assertEqual(self.outcome(out), self.outcome("whole"))

    def stop_when(self, process, pattern, signal_number):
        """Sends the signal once a path that matches `pattern` exists; None if it never did."""
        while process.poll() is None:
            if next(self.folder.glob(pattern), None):
                process.send_signal(signal_number)
                break
            time.sleep(0.002)
        return process.communicate(timeout=60)

    def test_the_number_of_jobs_changes_nothing(self):
        self.succeed("run", "r.toml", "--set", "out=two", "--set", "jobs=2")
        self.assertEqual(self.outcome("two"), self.outcome("whole"))

    def test_killed_after_some_time(self):
        for delay in [0.05, 0.2, 0.4, 0.8, 1.2, 1.7]:
            process = self.start_run("timed")
            time.sleep(delay)
            process.kill()
            process.communicate()
        self.finish("timed")

    def test_killed_when_a_file_appears(self):
        for number, pattern in enumerate(["ingest/manifest.json", "dataset/manifest.json",
                                          "features/seed-1/manifest.json", "checkpoints/music-*.pt",
                                          "models/music/.seed-*", "models/music/seed-*"]):
            out = f"event-{number}"
            process = self.start_run(out)
            self.stop_when(process, f"{out}/{pattern}", signal.SIGKILL)
            self.assertEqual(process.returncode, -signal.SIGKILL, pattern)
            self.finish(out)

    def test_interrupted(self):
        for number, pattern in [(signal.SIGINT, "ingest/manifest.json"),
                                (signal.SIGTERM, "checkpoints/music-*.pt")]:
            out = f"interrupted-{int(number)}"
            process = self.start_run(out)
            _, err = self.stop_when(process, f"{out}/{pattern}", number)
            self.assertEqual(process.returncode, 128 + number)
            self.assertEqual(err.splitlines()[-1],
                             "crossfade: interrupted; the same command goes on from here")
            self.assertEqual(list(self.folder.glob(f"{out}/**/.*.tmp-*")), [])
            self.finish(out)


if __name__ == "__main__":
    product.main()
