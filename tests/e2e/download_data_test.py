# SPDX-License-Identifier: Apache-2.0
"""The files of a data set arrive whole or not at all, and a transfer goes on where it was."""

import gzip
import pathlib
import random
import shutil
import signal
import tempfile
import time

import image_server
import product

REVIEWS = "Gift_Cards.jsonl.gz"
ITEMS = "meta_Gift_Cards.jsonl.gz"


def packed(seed, size=1_500_000):
    return gzip.compress(random.Random(seed).randbytes(size), 1)


class DownloadData(product.ProductTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="crossfade-e2e-"))

    def setUp(self):
        self.server = image_server.Server()
        self.server.files = {REVIEWS: (packed(1), '"one"'), ITEMS: (packed(2), '"two"')}
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def tearDown(self):
        self.server.close()

    def address(self, name):
        kind = "meta_categories" if name.startswith("meta_") else "review_categories"
        return f"{self.server.address}/data/raw/{kind}/{name}"

    def arguments(self, *more):
        return ["download", "amazon-2023", "Gift_Cards", "--base", f"{self.server.address}/data/",
                "--out", "data", "--allow-private", "--set", "backoff_seconds=0.02", *more]

    def assert_fetched(self, *names):
        self.assertEqual(sorted(path.name for path in (self.folder / "data").iterdir()),
                         sorted([".lock", *names]))
        for name in names:
            self.assertEqual((self.folder / "data" / name).read_bytes(), self.server.files[name][0])

    def starts(self, name):
        """Where each request for the file began."""
        return [int(ranges[6:-1]) if ranges else 0
                for found, ranges, _ in self.server.ranges if found == name]

    def test_both_files_arrive_and_are_not_fetched_twice(self):
        out = self.succeed(*self.arguments())
        self.assertEqual(out, f"data/{REVIEWS}: 1.5 MB, fetched\ndata/{ITEMS}: 1.5 MB, fetched\n")
        self.assert_fetched(REVIEWS, ITEMS)
        out = self.succeed(*self.arguments())
        self.assertEqual(out, f"data/{REVIEWS}: 1.5 MB, is there already\n"
                              f"data/{ITEMS}: 1.5 MB, is there already\n")
        self.assertEqual(len(self.server.ranges), 2)

    def test_one_of_the_files(self):
        self.succeed(*self.arguments("--only", "reviews"))
        self.assert_fetched(REVIEWS)
        self.succeed(*self.arguments("--only", "items"))
        self.assert_fetched(REVIEWS, ITEMS)

    def test_a_transfer_that_breaks_off_goes_on(self):
        self.server.cut[REVIEWS] = 700_000
        self.succeed(*self.arguments("--only", "reviews"))
        self.assert_fetched(REVIEWS)
        first, second = self.starts(REVIEWS)
        self.assertEqual(first, 0)
        self.assertGreater(second, 500_000)

    def start_and_stop(self, number):
        self.server.pause = 0.05
        process = self.start(*self.arguments("--only", "reviews"))
        part = self.folder / "data" / (REVIEWS + ".part")
        while not part.exists() or part.stat().st_size < 200_000:
            time.sleep(0.005)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        self.server.pause = 0.0
        return process.returncode, err

    def test_killed_the_same_command_goes_on(self):
        self.assertEqual(self.start_and_stop(signal.SIGKILL)[0], -signal.SIGKILL)
        self.succeed(*self.arguments("--only", "reviews"))
        self.assert_fetched(REVIEWS)
        self.assertGreaterEqual(self.starts(REVIEWS)[1], 200_000)

    def test_interrupted_the_same_command_goes_on(self):
        code, err = self.start_and_stop(signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertEqual(err.splitlines()[-1],
                         "crossfade: interrupted; the same command goes on from here")
        self.assert_nothing_half_written()
        self.succeed(*self.arguments("--only", "reviews"))
        self.assert_fetched(REVIEWS)
        self.assertGreaterEqual(self.starts(REVIEWS)[1], 200_000)

    def test_a_file_that_has_changed_starts_anew(self):
        self.start_and_stop(signal.SIGKILL)
        self.server.files[REVIEWS] = (packed(3), '"three"')
        code, _, err = self.call(*self.arguments("--only", "reviews"))
        self.assertEqual(code, 0, err)
        self.assert_fetched(REVIEWS)
        self.assertIn(f"note: {REVIEWS} starts anew: the file at the server is another one", err)

    def refuse_body(self, body, message):
        self.server.files[REVIEWS] = (body, '"odd"')
        self.refuse(3, f"crossfade: {message}", *self.arguments())
        self.assertFalse((self.folder / "data" / REVIEWS).exists())

    def test_what_is_no_gzip_file_is_refused(self):
        address = self.address(REVIEWS)
        self.refuse_body(b"<!DOCTYPE html>sorry", f"{address}: gives no gzip file but something "
                         'that begins with "<!DOCTYPE html>s"')
        self.refuse_body(b'{"rating": 5.0}\n', f"{address}: gives no gzip file but something that "
                         'begins with "{"rating": 5.0}."')
        whole = packed(1)
        damaged = whole[:1000] + bytes([whole[1000] ^ 255]) + whole[1001:]
        for body in (whole[:-100], damaged):
            self.refuse_body(body, f"data/{REVIEWS}: what {address} gave is no whole gzip file; the "
                             "same command fetches it anew")
        self.server.files[REVIEWS] = (whole, '"one"')
        self.succeed(*self.arguments())
        self.assert_fetched(REVIEWS, ITEMS)

    def test_servers_that_do_not_give_it(self):
        del self.server.files[REVIEWS]
        self.refuse(4, f"crossfade: {self.address(REVIEWS)}: status 404", *self.arguments())
        self.server.files[REVIEWS] = (packed(1), '"one"')
        for _ in range(2):
            self.server.cut[REVIEWS] = 700_000
            code, _, err = self.call(*self.arguments("--set", "attempts=1"))
            self.assertEqual(code, 4)
            self.assertRegex(err.splitlines()[-1], "^crossfade: .*: the connection ends before the "
                             r"answer is complete; \d\.\d MB are kept, and the same command goes on$")
        self.succeed(*self.arguments())

    def test_arguments_that_are_wrong(self):
        self.refuse(2, 'crossfade: "GiftCards" is no category of Amazon Reviews 2023; the nearest '
                    "are: Gift_Cards, Digital_Music, Software",
                    "download", "amazon-2023", "GiftCards", "--out", "data")
        self.refuse(2, "crossfade: ftp://host/raw/review_categories/Books.jsonl.gz: is no http or "
                    "https address", "download", "amazon-2023", "Books", "--out", "data", "--base",
                    "ftp://host")
        self.refuse(4, f"crossfade: {self.address(REVIEWS)}: leads to 127.0.0.1, which is no public "
                    "address; allow_private lets it pass", "download", "amazon-2023", "Gift_Cards",
                    "--base", f"{self.server.address}/data", "--out", "data")


if __name__ == "__main__":
    product.main()
