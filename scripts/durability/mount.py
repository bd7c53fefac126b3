#!/usr/bin/env python3
"""Mounts a disk that forgets, and cuts its power where it is told to.

usage: scripts/durability/mount.py FOLDER WITNESS [--lie NAME]...     (forgetful.py starts it)

Lines on standard input: `arm N OWNERS`, to stand still before the N-th change of these (`coordinator`, `student`; `all`);
`cut SEED LUCK OWNERS`, upon which what they have not waited for is forgotten, their processes get EIO for all they still ask, and others
go on; `end`. On standard output: `ready`; `standing {…}`, with the call, once N is reached and all files named WITNESS were copied to
where WITNESS.seen says; `forgotten N`, with the number of changes that the owners had made.
"""

import argparse
import errno
import json
import os
import pathlib
import random
import stat
import sys
import threading

import fuse

from disk import Disk

OWNERS = ("coordinator", "student", "teacher", "run")


class Mount(fuse.Operations):
    """FUSE's calls, one at a time."""

    use_ns = True
    flag_nullpath_ok = 1

    def __init__(self, disk, witness):
        self.disk, self.witness = disk, pathlib.Path(witness)
        self.condition = threading.Condition()
        self.owners, self.dead, self.counts = {}, set(), {}
        self.armed, self.is_standing, self.opened, self.handles = None, False, {}, 0

    def __call__(self, operation, *arguments):
        with self.condition:
            try:
                return getattr(self, operation)(*arguments)
            except fuse.FuseOSError:
                raise
            except OSError as error:
                raise fuse.FuseOSError(error.errno) from None

    # Who asks, and the cut

    def _owner(self):
        pid = fuse.fuse_get_context()[2]
        if pid in self.dead:
            raise OSError(errno.EIO, "its power is cut")
        if pid not in self.owners:
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                words = []
            self.owners[pid] = next((name for name in OWNERS if name.encode() in words[1:2]), "")
        return self.owners[pid]

    def _changing(self, call, path, is_counted=True):
        """Counts a change; stands still before the one that was asked for."""
        owner = self._owner()
        if not is_counted:
            return owner
        self.counts[owner] = self.counts.get(owner, 0) + 1
        if self.armed and (self.armed[1] is None or owner in self.armed[1]):
            self.armed[0] -= 1
            if self.armed[0] == 0:
                self.armed, self.is_standing = None, True
                self._say("standing", json.dumps({"call": call, "path": path, "owner": owner}))
                self.condition.wait_for(lambda: not self.is_standing)
                return self._owner()
        return owner

    def _say(self, *words):
        print(*words, flush=True)

    def _see(self):
        """Copies what may be lost now."""
        nodes = [("", self.disk.root)]
        while nodes:
            path, node = nodes.pop()
            if path == f"/{self.witness}":
                pathlib.Path(sys.argv[1] + ".seen").write_bytes(node.data)
            nodes += [(f"{path}/{name}", node) for name, node in node.names.items()]

    def command(self, line):
        words = line.split()
        with self.condition:
            match words[0]:
                case "arm":
                    self.armed = [int(words[1]), None if words[2] == "all" else set(words[2].split(","))]
                case "cut":
                    owners = None if words[3] == "all" else {*words[3].split(","), ""}
                    self._see()
                    self.disk.cut(owners, random.Random(words[1]), float(words[2]))
                    self.dead |= {pid for pid, owner in self.owners.items() if owners is None or owner in owners and owner}
                    self.owners, self.armed = {}, None
                    self.is_standing = False
                    self.condition.notify_all()
                    self._say("forgotten", json.dumps({"changes": self.counts, "lies": self.disk.lied}))
                case "end":
                    os._exit(0)

    # Names

    def _node(self, path, handle=None):
        return self.opened[handle] if handle is not None and handle in self.opened else self.disk.find(path)

    def getattr(self, path, handle=None):
        return self._node(path, handle).attributes()

    def readdir(self, path, handle):
        return [".", "..", *self.opened[handle].names]

    def readlink(self, path):
        return self.disk.find(path).target

    def statfs(self, path):
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 1 << 20, "f_bfree": 1 << 19, "f_bavail": 1 << 19, "f_namemax": 255}

    def mkdir(self, path, mode):
        self.disk.make(self._changing("mkdir", path), path, stat.S_IFDIR | mode, *fuse.fuse_get_context()[:2])

    def mknod(self, path, mode, device):
        self.disk.make(self._changing("mknod", path), path, mode, *fuse.fuse_get_context()[:2])

    def symlink(self, path, target):
        self.disk.make(self._changing("symlink", path), path, stat.S_IFLNK | 0o777, target=target)

    def link(self, new, path):
        self.disk.link(self._changing("link", new), path, new)

    def unlink(self, path):
        self.disk.remove(self._changing("unlink", path), path)

    def rmdir(self, path):
        self.disk.remove(self._changing("rmdir", path), path)

    def rename(self, old, new):
        self.disk.rename(self._changing("rename", new), old, new)

    # What of a file is neither name nor data is kept at once: nobody promises anything of it, and nobody asks.

    def chmod(self, path, mode):
        node = self.disk.find(path)
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)

    def chown(self, path, uid, gid):
        node = self.disk.find(path)
        node.uid, node.gid = (uid if uid != -1 else node.uid), (gid if gid != -1 else node.gid)

    def utimens(self, path, times=None):
        if times:
            node = self.disk.find(path)
            node.accessed, node.modified = times

    def getxattr(self, path, name, position=0):
        raise OSError(errno.ENODATA, name)

    def listxattr(self, path):
        return []

    # Data

    def _open(self, node):
        self.handles += 1
        self.opened[self.handles] = node
        return self.handles

    def create(self, path, mode, info=None):
        owner = self._changing("create", path)
        return self._open(self.disk.make(owner, path, stat.S_IFREG | mode, *fuse.fuse_get_context()[:2]))

    def open(self, path, flags):
        return self._open(self.disk.find(path))

    opendir = lambda self, path: self._open(self.disk.find(path))  # noqa: E731

    def release(self, path, handle):
        self.opened.pop(handle, None)

    releasedir = release

    def read(self, path, size, offset, handle):
        return bytes(self.opened[handle].data[offset:offset + size])

    def write(self, path, data, offset, handle):
        # The shared memory of SQLite is written back when the system likes, and means nothing after a cut.
        owner = self._changing("write", path, is_counted=not str(path).endswith("-shm"))
        self.disk.write(owner, self.opened[handle], data, offset)
        return len(data)

    def truncate(self, path, length, handle=None):
        self.disk.truncate(self._changing("truncate", path), self._node(path, handle), length)

    def fsync(self, path, data_only, handle):
        self._changing("fsync", path)
        self.disk.synchronize(self.opened[handle], os.path.basename(path or "/") or "disk")

    fsyncdir = fsync


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("witness")
    parser.add_argument("--lie", action="append", default=[])
    options = parser.parse_args()
    mount = Mount(Disk(options.lie), options.witness)

    def listen():
        for line in sys.stdin:
            mount.command(line)
        os._exit(0)

    mount.init = lambda path: (threading.Thread(target=listen, daemon=True).start(), mount._say("ready"))[1]
    fuse.FUSE(mount, options.folder, foreground=True, nothreads=True, hard_remove=True, fsname="forgetful",
              entry_timeout=0, attr_timeout=0, negative_timeout=0, allow_other=True, big_writes=True)


main()
