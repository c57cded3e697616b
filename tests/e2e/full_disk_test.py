# SPDX-License-Identifier: Apache-2.0
"""A run that cannot write says so in one line, and the same command goes on once it can."""

import re
import resource

import product


class FullDisk(product.ProductTest):
    def run_with_files_up_to(self, size):
        """A run under a limit on the size of files, which a program meets as it meets a full disk:
        a write fails. Returns the line it ends with, or None when the limit was no obstacle."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        code, out, err = self.call("run", "r.toml", "--set", "out=full", "--set", "jobs=1",
                                   preexec_fn=limit)
        if code == 0:
            return None
        self.assertEqual((code, out), (4, ""), err)
        self.assert_nothing_half_written()
        return err.splitlines()[-1]

    def test_every_stage_says_so_and_the_same_command_goes_on(self):
        self.succeed("run", "r.toml", "--set", "out=whole")
        lines = [self.run_with_files_up_to(size) for size in (0, 2000)]
        self.succeed("ingest", "r.toml", "--set", "out=full")
        size = 0
        while line := self.run_with_files_up_to(size):
            lines.append(line)
            size = 3 * size + 100
        for line in lines:
            self.assertRegex(line, r"^crossfade: \S.*: File too large$")
        stopped = {re.search(r"full/\.?([\w-]+)", line).group(1) for line in lines}
        self.assertEqual(stopped, {"input-hashes", "ingest", "dataset", "features", "checkpoints"})
        self.assertEqual(self.outcome("full"), self.outcome("whole"))


if __name__ == "__main__":
    product.main()
