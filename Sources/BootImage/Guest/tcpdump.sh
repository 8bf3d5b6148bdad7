#!/bin/sh
# Debian's tcpdump becomes another user before it reads or writes; a board has no user but root.
exec /lib/pilab/tcpdump -Z root "$@"
