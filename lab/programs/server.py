#!/usr/bin/env python3
"""A small server of one's own: answers each line in capitals, and says how many it has answered. server.py PORT"""

import socketserver
import sys


class Answers(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        count = 0
        for line in self.rfile:
            count += 1
            self.wfile.write(line.upper())
        print(f"answered {count} lines", flush=True)


socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("", int(sys.argv[1])), Answers) as server:
    print(f"listening on {server.server_address[1]}", flush=True)
    server.serve_forever()
