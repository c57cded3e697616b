# SPDX-License-Identifier: Apache-2.0
"""public_redirect.py PROGRAM FOLDER, in a network where this machine is 8.8.4.4: fetches an image
from there, and two addresses there that lead to 127.0.0.1. Prints how often that one was asked."""

import pathlib
import subprocess
import sys

import image_server

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
public = image_server.Server("8.8.4.4")
private = image_server.Server()
port = private.server_address[1]
(folder / "list.tsv").write_text("".join(
    f"i{i}\t{public.address}{path}\n" for i, path in enumerate(
        ["/image/1", f"/to/http:~~127.0.0.1:{port}~image~2", f"/to/http:~~localhost:{port}~image~2"])))
subprocess.run([program, "download", "images", "--addresses", "list.tsv", "--out", "out", "--quiet"],
               cwd=folder, stdout=subprocess.DEVNULL, check=True)
print(sum(private.asked.values()))
