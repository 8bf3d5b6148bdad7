#!/bin/sh
# udhcpc's script: takes the address and nothing else. A board has no way out of its networks, so there is
# no route and no name server.
# shellcheck disable=SC2154 # udhcpc sets these
case $1 in
  bound | renew)
    ip address flush dev "$interface"
    ip address add "$ip/$mask" dev "$interface"
    printf '%s\n' "$ip" >/run/ssh-address
    ;;
esac
