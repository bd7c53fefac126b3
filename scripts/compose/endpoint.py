#!/usr/bin/env python3
"""A scripted OpenAI-compatible endpoint over TLS, for scripts/compose-e2e.sh: it asks for a key, and tells of each call.

usage: endpoint.py PORT CERTIFICATE KEY FILE-OF-THE-API-KEY

Its answer is the end of the question, turned round. It prints `billed` or `refused` with the path, a line for each call.
"""

import http.server
import json
import pathlib
import ssl
import sys

PORT, CERTIFICATE, KEY, SECRET = sys.argv[1:]
AUTHORIZATION = f"Bearer {pathlib.Path(SECRET).read_text().strip()}"


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != AUTHORIZATION:
            return self.answer(401, {"error": {"message": "who are you?"}})
        if self.path == "/v1/chat/completions":
            text, key = question["messages"][-1]["content"][:-9:-1], "message"
        elif self.path == "/v1/completions":
            text, key = question["prompt"][:-9:-1], "text"
        else:
            return self.answer(404, {"error": {"message": "no such route"}})
        said = {"role": "assistant", "content": text} if key == "message" else text
        self.answer(200, {
            "model": question["model"], "choices": [{"index": 0, key: said, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 3}})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        print("billed" if status == 200 else "refused", self.path, flush=True)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("", int(PORT)), Endpoint)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
