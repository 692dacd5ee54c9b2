#!/bin/sh
# Runs a command as on a machine of its own: private mounts, processes and network; whatever it changes below /etc, /usr, /run, /var/lib
# and /var/log is gone when it ends. Usage: unshare -mpnf --kill-child --mount-proc e2e/in-namespace.sh COMMAND…
set -eu
# The first process of its own namespace, or everything below would be laid over the very machine that it runs on.
if [ "$$" != 1 ]; then
  echo "in-namespace.sh: start it by unshare: unshare -mpnf --kill-child --mount-proc $0 COMMAND…" >&2
  exit 2
fi
mount --make-rprivate /
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /mnt
for folder in /etc /usr /var/lib; do
  mkdir -p "/mnt$folder/upper" "/mnt$folder/work"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=/mnt$folder/upper,workdir=/mnt$folder/work" "$folder"
done
for folder in /run /var/log; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
# A /tmp of its own, or X servers of earlier runs would be in the way; the project may itself lie below the real one.
project=$(dirname "$(dirname "$(realpath "$0")")")
mkdir /mnt/project
mount --bind "$project" /mnt/project
mount -t tmpfs -o mode=1777 tmpfs /tmp
case "$project" in
  /tmp/*)
    mkdir -p "$project"
    mount --bind /mnt/project "$project"
    ;;
esac
cd "$project"
mkdir -p /run/sshd /run/homes /run/lock /run/dbus /run/xrdp
exec "$@"
