#!/bin/sh
# Runs the SSH server on the management interface, or on the lab's where there is no other. Keys only:
# -s and -g refuse passwords, -j and -k refuse forwarding.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
read -r address </run/ssh-address
if [ -z "$address" ]; then
  udhcpc -i mgmt0 -q -n -f -t 20 -T 1 -S -s /lib/pilab/dhcp >/dev/null 2>&1 || exit
  read -r address </run/ssh-address
fi
(
  # Port 22 is 0016, state LISTEN is 0A.
  until grep -q ':0016 00000000:0000 0A' /proc/net/tcp; do usleep 20000; done
  read -r name </proc/sys/kernel/hostname
  # On a line of its own, below the shell's prompt.
  printf '\r\npilab: board %s ready\r\n' "$name" >/dev/console
) &
exec dropbear -F -E -s -g -j -k -P /run/ssh.pid -p "$address:22" -r /etc/dropbear/host_key 2>/run/ssh.log
