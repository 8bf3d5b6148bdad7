#!/usr/bin/env python3
"""Its client: sends lines, and prints what comes back as JSON. client.py HOST PORT LINE..."""

import json
import socket
import sys

host, port, *lines = sys.argv[1:]
try:
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall("".join(line + "\n" for line in lines).encode())
        connection.shutdown(socket.SHUT_WR)
        answers = connection.makefile().read().splitlines()
except OSError as error:
    print(json.dumps({"error": str(error)}))
    sys.exit(1)
print(json.dumps({"answers": answers, "count": len(answers)}))
