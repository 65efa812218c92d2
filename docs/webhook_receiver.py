#!/usr/bin/env python3
"""Takes the webhooks of Project Sync: checks who sent them, passes over what was sent before, and prints the rest.

    WEBHOOK_SECRET=whsec_… PORT=8000 python3 webhook_receiver.py

Nothing but Python's standard library (3.9 or later) is needed. Put it behind something that speaks TLS.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"][len("whsec_"):])
TOLERANCE = 300  # Seconds that a signature is good for: older requests may be somebody else's, sent again.
MAX_BYTES = 1 << 20  # The largest body that is read.
SEEN = OrderedDict()  # The ids of the latest events. A real receiver keeps them where it keeps its own state.
MAX_SEEN = 10_000


def is_genuine(headers, body):
    """Whether the body was signed with our secret, just now (https://www.standardwebhooks.com)."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    content = f"{message_id}.{timestamp}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.new(SECRET, content, hashlib.sha256).digest()).decode()
    theirs = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(ours.encode(), one.encode()) for one in theirs)


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        event = json.loads(body)
        # Each event comes at least once, so it may come again: the id tells.
        if event["id"] not in SEEN:
            SEEN[event["id"]] = True
            if len(SEEN) > MAX_SEEN:
                SEEN.popitem(last=False)
            print(event["type"], event["id"], json.dumps(event["data"]), flush=True)
        # Answer soon, and work later: what is not answered within ten seconds is sent again.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
