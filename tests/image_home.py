"""A small web server on this machine that also truncates, stalls, lies and breaks down."""

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from diffusion_lab.images import data_fetch
from diffusion_lab.images.data_sources import Part


class Home(ThreadingHTTPServer):
    """Serves `files` by name; `faults` are what it does to the first requests, in order."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.faults, self.asked, self.seen = {}, [], [], []
        self.folder, self.closing = None, threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        home = self.server
        name = self.path.rpartition("/")[2]
        home.asked.append(self.path)
        fault = home.faults.pop(0) if home.faults else None
        if isinstance(fault, int) or name not in home.files:
            self.send_error(fault or 404)
            return
        body = home.files[name]
        if fault == "lie":
            body = gzip.compress(bytes(100))
        elif fault == "other contents":
            body = gzip.compress(gzip.decompress(body)[:-1] + b"?")
        self.send_response(200)
        if fault != "cut":  # without its length nobody can tell but by the checksum
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        self.wfile.flush()
        if home.folder is not None:
            home.seen.append((home.folder / name).exists())
        if fault == "stall":
            home.closing.wait(20)
        if fault not in ("truncate", "stall", "cut"):
            self.wfile.write(body[half:])

    def log_message(self, *_):
        pass


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def part(name, raw):
    return Part(name, len(raw), "sha256:" + hashlib.sha256(raw).hexdigest())


def tar(files, mode="w:gz"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, raw in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


@contextmanager
def open_home(folder, patch):
    """A Home that downloads into `folder` come from, with short waits.

    patch : the test's own monkeypatch. One of ours would be undone before it, and the folder that
            the test had found, ours, would then be "restored" for all tests to come.
    """
    server = Home()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    patch.setenv(data_fetch.FOLDER, str(folder))
    patch.setenv("NO_PROXY", "127.0.0.1")
    patch.setattr(data_fetch, "TIMEOUT", 0.5)
    patch.setattr("time.sleep", lambda seconds: None)  # pooch waits between its attempts
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()
