#!/bin/sh
# Boots the story's machine with the real systemd as first process, in control groups of its own. It shares files and network with the story,
# which therefore reaches it by systemctl. Usage: unshare -mpfCi --kill-child --mount-proc boot.sh
set -eu
# The first process of its own namespace, or it would take the machine's control groups.
[ "$$" = 1 ] || exit 2
mount --make-rprivate /
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
fi
export container=story
exec /lib/systemd/systemd --system --unit=story.target --log-target=null --show-status=no
