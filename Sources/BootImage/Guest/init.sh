#!/bin/sh
# The first program of a board. It sets the board up and becomes busybox's init, which keeps the SSH server
# and the shell on the serial console running (/etc/inittab).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid,noexec dev /dev 2>/dev/null
mkdir /dev/pts
mount -t devpts -o nosuid,noexec,mode=600,ptmxmode=666 devpts /dev/pts

die() {
  echo "pilab: board cannot start: $*" >/dev/console
  # The kernel panics when its first program ends, and restarts the machine after that; wait to be read.
  sleep 5
  exit 1
}

modprobe -a virtio_pci virtio_net virtio_rng 2>/dev/null

# Where the bootloader passed no identity, it is on a disc with a known label.
if [ ! -e /etc/pilab/identity ]; then
  modprobe -a ata_piix sr_mod isofs virtio_blk virtio_scsi sd_mod
  tries=0
  until [ -e /etc/pilab/identity ]; do
    for disc in /dev/sr[0-9] /dev/vd[a-z] /dev/sd[a-z]; do
      [ -b "$disc" ] || continue
      label=$(dd if="$disc" bs=1 skip=32808 count=14 2>/dev/null)
      [ "$label" = PILAB_IDENTITY ] || continue
      mount -t iso9660 -o ro,nosuid,nodev,noexec "$disc" /tmp || continue
      (cd / && cpio -idu --quiet </tmp/identity.cpio) || die "the identity on $disc is damaged"
      umount /tmp
      break
    done
    # Drives are found while this goes on.
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || die 'no identity: neither in the initramfs nor on a disc labelled PILAB_IDENTITY'
    usleep 100000
  done
fi

name='' address='' mac='' management_mac='' management_address='' storage='' hosts=''
while read -r key value; do
  case $key in
    name) name=$value ;;
    address) address=$value ;;
    mac) mac=$value ;;
    management-mac) management_mac=$value ;;
    management-address) management_address=$value ;;
    storage) storage=$value ;;
    host) hosts="$hosts$value
" ;;
  esac
done </etc/pilab/identity
echo "$name" >/proc/sys/kernel/hostname
[ -n "$hosts" ] || hosts="127.0.0.1 $name
"
printf '127.0.0.1 localhost\n%s' "$hosts" >/etc/hosts

# find MAC: sets interface to the name of the one with that address.
find() {
  local found
  for interface in /sys/class/net/*; do
    read -r found <"$interface/address"
    interface=${interface##*/}
    [ "$found" != "$1" ] || return 0
  done
  die "there is no network interface with the address $1"
}

ip link set lo up
ssh_address=${address%/*}
if [ -n "$management_mac" ]; then
  find "$management_mac"
  ip link set "$interface" name mgmt0
  ssh_address=${management_address%/*}
  [ -z "$ssh_address" ] || ip address add "$management_address" dev mgmt0
  ip link set mgmt0 up
fi
find "$mac"
if [ "$interface" != eth0 ]; then
  [ ! -e /sys/class/net/eth0 ] || ip link set eth0 name other0
  ip link set "$interface" name eth0
fi
ip address add "$address" dev eth0
ip link set eth0 up
# An address belongs to its interface alone: no answer for it on the other one.
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter

# What a board stores lies in memory. The limit keeps enough for programs and the kernel, so that a full
# board says ENOSPC and kills nothing.
while read -r key value _; do
  case $key in
    MemAvailable:) available=$value ;;
    MemTotal:) total=$value ;;
  esac
done </proc/meminfo
limit=$((available - 16384 - total / 16))
[ "$limit" -gt 1024 ] || die 'too little memory; give it 96 MiB or more'
if [ -n "$storage" ] && [ "$storage" -lt "$limit" ]; then limit=$storage; fi
mount -t tmpfs -o "nosuid,nodev,mode=0700,size=${limit}k" work /work
mount -t tmpfs -o nosuid,nodev,mode=1777,size=1024k tmp /tmp
mount -t tmpfs -o nosuid,nodev,mode=0755,size=256k run /run

printf '%s\n' "$ssh_address" >/run/ssh-address

# A second serial port is a console of its own; the first one's output is kept in a file.
if grep -q '^1: uart:[1-9]' /proc/tty/driver/serial; then
  echo 'ttyS1::respawn:-/bin/ash' >>/etc/inittab
fi

mount -o remount,ro /
exec /sbin/init
