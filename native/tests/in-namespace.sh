#!/bin/sh
# Runs a command on a machine of its own: what it changes below /etc, /run, /var/lib and /dev is gone when it ends.
# Usage: unshare -mpnf --kill-child --mount-proc in-namespace.sh COMMAND…
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /mnt
for folder in /etc /var/lib; do
  mkdir -p "/mnt$folder/upper" "/mnt$folder/work"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=/mnt$folder/upper,workdir=/mnt$folder/work" "$folder"
done
mount -t tmpfs -o mode=755 tmpfs /run
# A /dev of our own, so that /dev/log can be ours.
mkdir /run/dev
mount -t tmpfs -o mode=755 tmpfs /run/dev
for device in null zero full random urandom tty; do
  touch "/run/dev/$device"
  mount --bind "/dev/$device" "/run/dev/$device"
done
ln -s /proc/self/fd /run/dev/fd
mkdir /run/dev/shm
mount -t tmpfs tmpfs /run/dev/shm
mount --move /run/dev /dev
export SALLYPORT_TEST_ALONE=1
exec "$@"
