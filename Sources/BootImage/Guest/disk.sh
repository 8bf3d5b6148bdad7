#!/bin/sh
# Mounts the board's disk at /work/disk, for files that memory has no room for. The first call makes it ready, so that a
# board that needs none starts no later. Ends with 3 where there is no disk.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
place=/work/disk label=PILAB_WORK lock=/run/disk.lock

# One at a time; a link is made or not, and says by whom.
until ln -s $$ $lock 2>/dev/null; do
  [ -d "/proc/$(readlink $lock)" ] || rm -f $lock
  usleep 50000
done
trap 'rm -f $lock' EXIT
! grep -q " $place " /proc/mounts || exit 0

# Where ext2 keeps a file system's name.
name() { dd if="$1" bs=1 skip=1144 count=${#label} 2>/dev/null; }
is_empty() { [ "$(head -c 65536 "$1" | tr -d '\0' | wc -c)" -eq 0 ]; }

# Sets disk. One that holds anything else is not ours to write to.
choose() {
  for disk in /dev/vd[a-z] /dev/sd[a-z]; do
    [ -b "$disk" ] || continue
    [ "$(cat "/sys/block/${disk##*/}/ro")" = 0 ] || continue
    # What the board's last start has left is of no use: the rest of it was in memory.
    if [ "$(name "$disk")" = $label ]; then
      blkdiscard "$disk" 2>/dev/null
      return 0
    fi
    ! is_empty "$disk" || return 0
  done
  return 1
}

modprobe virtio_blk
if ! choose; then
  modprobe -a virtio_scsi ata_piix sd_mod
  tries=0
  until choose; do
    tries=$((tries + 1))
    [ $tries -lt 20 ] || exit 3
    usleep 100000
  done
fi

# Large files, so few inodes: how many there are decides how long this takes.
said=$(mke2fs -b 4096 -i 4194304 -m 0 -L $label "$disk" 2>&1) || {
  echo "mke2fs: $said" >&2
  exit 1
}
mkdir -p $place && mount -t ext4 -o nosuid,nodev,noatime,discard "$disk" $place && rmdir $place/lost+found
