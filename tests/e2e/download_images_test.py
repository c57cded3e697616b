# SPDX-License-Identifier: Apache-2.0
"""Images from servers that misbehave: each is stored or its failure is noted, and nothing else."""

import csv
import hashlib
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import image_server
import product

FAST = ["attempts=3", "backoff_seconds=0.02", "connect_seconds=2", "image_seconds=4",
        "stall_seconds=1", "image_megabytes=1"]


class DownloadImages(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="crossfade-e2e-"))

    def setUp(self):
        self.server = image_server.Server()
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def tearDown(self):
        self.server.close()

    def write(self, addresses):
        """A list with the items i0, i1, ...; what begins with a slash is of the server."""
        lines = [f"i{i}\t{self.server.address + a if a.startswith('/') else a}\n"
                 for i, a in enumerate(addresses)]
        (self.folder / "list.tsv").write_text("".join(lines))

    def arguments(self, *more, private=True):
        settings = [word for setting in FAST for word in ("--set", setting)]
        return ["download", "images", "--addresses", "list.tsv", "--out", "out", *settings,
                *(["--allow-private"] if private else []), *more]

    def fetch(self, addresses, *more, private=True):
        """Fetches the addresses; returns a row of the table for each."""
        self.write(addresses)
        self.out = self.succeed(*self.arguments(*more, private=private))
        self.assert_nothing_half_written()
        rows = self.table()
        asked = (self.folder / "list.tsv").read_text().splitlines()
        return [rows[tuple(line.split("\t"))] for line in asked]

    def table(self):
        with open(self.folder / "out/images.tsv", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        found = {(row["item"], row["address"]): row for row in rows}
        self.assertEqual(len(found), len(rows))
        return found

    def assert_stored(self, row, content):
        self.assertEqual((row["outcome"], row["reason"]), ("stored", ""))
        self.assertEqual(int(row["bytes"]), len(content))
        digest = hashlib.sha256(content).hexdigest()
        self.assertEqual(row["file"], f"files/{digest[:2]}/{digest}.png")
        self.assertEqual((self.folder / "out" / row["file"]).read_bytes(), content)

    def assert_outcomes(self, outcome, cases, **options):
        """`cases` maps an address to its whole reason."""
        for row, (address, reason) in zip(self.fetch(list(cases), **options), cases.items()):
            self.assertEqual((row["outcome"], row["reason"], row["file"]), (outcome, reason, ""),
                             address)

    def test_images_are_stored_by_their_content(self):
        rows = self.fetch(["/image/1", "/untyped/2", "/image/1?again", "/image/1", "/to/~image~3"])
        for row, number in zip(rows, [1, 2, 11, 1, 3]):
            self.assert_stored(row, image_server.png(number if number != 11 else 1))
        self.assertEqual(self.server.asked["/image/1"], 1)
        self.assertEqual(len(list((self.folder / "out/files").rglob("*.png"))), 3)
        self.assertEqual(self.out.splitlines()[0],
                         "out: 4 addresses of 5 items; this run asked for 4 and got 0.0 MB")

    def test_what_fails_for_good_leaves_the_rest_alone(self):
        cases = {
            "/status/404": "status 404", "/status/403": "status 403", "/status/204": "status 204",
            "/bigpage/": "status 404", "/empty/": "is empty",
            "/html/": 'is no image but begins with "<!DOCTYPE html><"; the server calls it '
                      '"image/jpeg"',
            "/declaredbig/": "is larger than 1 MB", "/undeclaredbig/": "is larger than 1 MB",
            "/loop/0": "leads on more than 5 times",
            "/to/file:~~~etc~passwd": "leads to an address that is neither http nor https",
            "/to/gopher:~~127.0.0.1~x": "leads to an address that is neither http nor https",
            "": "there is no address", "nonsense": "is no http or https address",
            "file:///etc/passwd": "is no http or https address",
            "http://": "is no http or https address",
            "http://127.0.0.1:99999/": "is no address that can be asked for"}
        self.assert_outcomes("failed", cases)
        for path in ["/status/404", "/html/", "/declaredbig/", "/to/file:~~~etc~passwd"]:
            self.assertEqual(self.server.asked[path], 1, path)
        self.assertIn(f"failed     {len(cases):9}\n", self.out)
        self.assert_stored(self.fetch(["/image/1", *cases])[0], image_server.png(1))

    def test_what_may_pass_is_tried_again_and_then_postponed(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        cut = "the connection ends before the answer is complete"
        cases = {"/status/500": "status 500", "/status/503": "status 503",
                 "/status/429": "status 429", "/reset/1": cut, "/overdeclared/1": cut,
                 "/underdeclared/1": "is a png that is cut short",
                 "/hang/": "less than 100 bytes a second for 1 s",
                 "/drip/": "less than 100 bytes a second for 1 s",
                 "http://b\u00fccher.invalid/": "the host is not found",
                 f"http://127.0.0.1:{port}/": "the host accepts no connection"}
        self.assert_outcomes("postponed", cases)
        for path in list(cases)[:-2]:
            self.assertEqual(self.server.asked[path], 3, path)
        self.assertIn("postponed         10  the same command tries them again\n", self.out)

    def test_a_transfer_that_takes_too_long_ends(self):
        row, = self.fetch(["/drip/"], "--set", "stall_seconds=60", "--set", "image_seconds=0.5",
                          "--set", "attempts=1")
        self.assertEqual(row["reason"], "is not complete after 0.5 s")

    def test_failures_that_pass(self):
        rows = self.fetch(["/flaky/500/2/1", "/flaky/503/1/2", "/flaky/408/1/3", "/reset/once/4"])
        for number, row in enumerate(rows, 1):
            self.assert_stored(row, image_server.png(number))

    def test_a_server_that_asks_for_time_gets_it_within_bounds(self):
        row, = self.fetch(["/limited/1"])
        self.assert_stored(row, image_server.png(1))
        first, second = self.server.times
        self.assertGreaterEqual(second - first, 1.0)
        row, = self.fetch(["/limited/86400"], "--set", "longest_wait_seconds=0.3")
        self.assert_stored(row, image_server.png(86400))
        self.assertLess(self.server.times[3] - self.server.times[2], 5.0)

    def test_private_addresses_are_refused_wherever_they_come_from(self):
        port = self.server.server_address[1]
        with self.subTest("asked for"):
            where = ["127.0.0.1", "localhost", "127.1", "0.0.0.0", "0x7f000001", "2130706433",
                     "[::1]", "[::ffff:127.0.0.1]", "[::]"]
            for row in self.fetch([f"http://{host}:{port}/image/1" for host in where],
                                  private=False):
                self.assertEqual(row["outcome"], "failed", row)
                self.assertRegex(row["reason"], r"^leads to [\d.:a-f]+, which is no public address; "
                                 r"allow_private lets it pass$")
        with self.subTest("not a single request"):
            self.assertEqual(self.server.asked, {})
        for row in self.fetch([f"http://10.0.0.{i}/" for i in range(3)], private=False):
            self.assertIn("leads to 10.0.0.", row["reason"])

    def test_a_redirect_from_a_public_address_to_a_private_one(self):
        network = ["unshare", "--map-root-user", "--net", "sh", "-c",
                   'ip link set lo up && ip addr add 8.8.4.4/32 dev lo && exec "$@"', "sh"]
        if not shutil.which("unshare") or subprocess.run([*network, "true"], check=False,
                                                         capture_output=True).returncode:
            self.skipTest("no network of its own can be made here")
        script = pathlib.Path(__file__).with_name("public_redirect.py")
        asked = subprocess.run([*network, sys.executable, "-B", script, self.program, self.folder],
                               check=True, capture_output=True, text=True).stdout
        self.assertEqual(asked, "0\n")
        rows = sorted(self.table().values(), key=lambda row: row["item"])
        self.assert_stored(rows[0], image_server.png(1))
        for row in rows[1:]:
            self.assertRegex(row["reason"], "^leads to (127.0.0.1|::1), which is no public address")

    def test_addresses_outside_ascii(self):
        row, space = self.fetch(["/missing/é bar|x", "/image/7 8"])
        self.assertIn("/missing/%C3%A9%20bar%7Cx", self.server.asked)
        self.assertEqual(row["address"], self.server.address + "/missing/é bar|x")
        self.assertEqual(space["outcome"], "stored")

    def test_finished_addresses_are_not_asked_again(self):
        addresses = ["/image/1", "/status/404", "/status/500"]
        self.fetch(addresses)
        self.fetch(addresses + ["/image/2"])
        self.assertEqual([self.server.asked[a] for a in addresses], [1, 1, 6])
        self.fetch(addresses, "--retry-failed")
        self.assertEqual([self.server.asked[a] for a in addresses], [1, 2, 9])

    def test_a_file_that_is_lost_or_damaged_is_fetched_again(self):
        rows = self.fetch(["/image/1", "/image/2", "/image/3"])
        (self.folder / "out" / rows[0]["file"]).unlink()
        (self.folder / "out" / rows[1]["file"]).write_bytes(b"")
        for number, row in enumerate(self.fetch(["/image/1", "/image/2", "/image/3"]), 1):
            self.assert_stored(row, image_server.png(number))
        self.assertEqual([self.server.asked[f"/image/{i}"] for i in (1, 2, 3)], [2, 2, 1])

    def test_killed_at_any_time_the_same_command_goes_on(self):
        addresses = [f"/slow/{i}" for i in range(400)]
        self.write(addresses)
        for delay in [0.1, 0.3, 0.5, 0.7]:
            process = self.start(*self.arguments())
            time.sleep(delay)
            process.kill()
            process.communicate()
            self.assertEqual(process.returncode, -signal.SIGKILL)
        for number, row in enumerate(self.fetch(addresses)):
            self.assert_stored(row, image_server.png(number))
        self.assertLess(sum(self.server.asked.values()), 400 + 4 * 40)

    def test_a_line_that_was_cut_is_no_obstacle(self):
        self.fetch(["/image/1", "/image/2"])
        table = self.folder / "out/images.tsv"
        os.truncate(table, table.stat().st_size - 10)
        for number, row in enumerate(self.fetch(["/image/1", "/image/2"]), 1):
            self.assert_stored(row, image_server.png(number))

    def test_interrupted(self):
        self.write([f"/slow/{i}" for i in range(1000)])
        process = self.start(*self.arguments())
        while not next(self.folder.glob("out/files/*/*.png"), None):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(err.splitlines()[-1],
                         "crossfade: interrupted; the same command goes on from here")
        self.assert_nothing_half_written()

    def test_two_at_once_do_not_mix(self):
        self.write(["/hang/"])
        process = self.start(*self.arguments("--set", "stall_seconds=60"))
        while not (self.folder / "out/images.tsv").exists():
            time.sleep(0.01)
        code, _, err = self.call(*self.arguments())
        self.assertEqual((code, err), (4, "crossfade: out: another download is at work in this "
                                       "folder; wait for it or name another folder\n"))
        process.kill()
        process.communicate()

    def test_a_disk_that_is_full(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
        addresses = [f"/image/{i}" for i in range(60)]
        self.write(addresses)
        code, out, err = self.call(*self.arguments(), preexec_fn=limit)
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err.splitlines()[-1], r"^crossfade: out/images.tsv: File too large$")
        self.assert_nothing_half_written()
        for number, row in enumerate(self.fetch(addresses)):
            self.assert_stored(row, image_server.png(number))

    def test_a_folder_that_cannot_be_written(self):
        self.write(["/image/1"])
        (self.folder / "out").write_text("a file")
        self.refuse(4, "crossfade: out: Not a directory", *self.arguments())
        (self.folder / "out").unlink()

    def test_a_host_that_is_down_is_not_asked_for_ever(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        self.write([f"http://127.0.0.1:{port}/{i}" for i in range(500)])
        self.refuse(4, "crossfade: no host answered: the host accepts no connection; the same "
                    "command tries again", *self.arguments("--set", "unreachable_seconds=0.2"))
        self.assertEqual({row["outcome"] for row in self.table().values()}, {"postponed"})

    def test_arguments_that_are_wrong(self):
        self.write(["/image/1"])
        which = ("crossfade: download images: name the addresses with one of --ingest DIR, --run "
                 "DIR, --addresses FILE")
        self.refuse(2, which, "download", "images", "--out", "out")
        self.refuse(2, which, *self.arguments("--ingest", "x"))
        self.refuse(2, "crossfade: download: no output directory; name one with --out DIR",
                    "download", "images", "--addresses", "list.tsv")
        self.refuse(4, "crossfade: none.tsv: No such file or directory",
                    "download", "images", "--addresses", "none.tsv", "--out", "out")
        (self.folder / "bad.tsv").write_text("i0\thttp://a/\n\nno tab here\n")
        self.refuse(3, 'crossfade: bad.tsv:3: "no tab here" has no tab; a line is an item, a tab and '
                    "an address", "download", "images", "--addresses", "bad.tsv", "--out", "out")
        self.refuse(2, "crossfade: --set attempts=0: attempts = 0 is outside [1, 100]",
                    *self.arguments("--set", "attempts=0"))
        self.assertIn("allow_private = false", self.succeed("download", "images", "--list"))

    def test_progress_shows_a_rate(self):
        self.write([f"/slow/{i}" for i in range(50)])
        code, out, err = self.call(*self.arguments())
        self.assertEqual(code, 0)
        self.assertTrue(re.search(r"fetching images: \d+ of 50 addresses, \d+ and [\d.]+ MB a second",
                                  err), err)
        self.assertEqual(self.call(*self.arguments("--quiet"))[2], "")


if __name__ == "__main__":
    product.main()
