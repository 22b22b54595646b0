"""A postprocessor in Python: the STAC item that is posted comes back as process() leaves it."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def process(item):
    """What becomes of an item: change this. An exception says that this item cannot be processed."""
    item["properties"].setdefault("title", item["id"])
    return item


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/geo+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        try:
            self.answer(200, process(json.loads(self.rfile.read(min(int(self.headers["Content-Length"]), 16 << 20)))))
        except Exception as wrong:  # a 4xx is for good: a 503 would be asked again
            self.answer(422, {"detail": f"{type(wrong).__name__}: {wrong}"})


ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()
