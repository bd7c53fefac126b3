"""A disk in memory that forgets, when its power is cut, what nobody waited for. It knows nothing of FUSE.

Of a file what was there at its last fsync is kept, of a folder the names that it had at its own: a file whose data was waited for has no
name after a cut where nobody waited for its folder. POSIX promises no more. A change of names (rename too, in both folders) is kept as a
whole or not at all. What was not waited for may be on the disk all the same: each 4 KiB of a file, its length, and each change of
names with some probability.
"""

import errno
import fnmatch
import os
import stat
import time

PAGE = 4096


class Node:
    """A file, a folder, or a symbolic link; what of it is kept."""

    def __init__(self, number, mode, uid=0, gid=0, target=""):
        self.number, self.mode, self.uid, self.gid, self.target = number, mode, uid, gid, target
        self.accessed = self.modified = self.changed = time.time_ns()
        self.data, self.kept_data, self.writers = bytearray(), b"", set()
        self.names, self.kept_names = {}, {}

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)

    def attributes(self):
        # Whoever walks a tree concludes from a folder's links how many folders it has.
        links = 2 + sum(node.is_folder for node in self.names.values()) if self.is_folder else 1
        return {"st_ino": self.number, "st_mode": self.mode, "st_nlink": links, "st_uid": self.uid,
                "st_gid": self.gid, "st_size": len(self.data) or len(self.target), "st_blocks": (len(self.data) + 511) // 512,
                "st_atime": self.accessed, "st_mtime": self.modified, "st_ctime": self.changed}

    def touch(self):
        self.modified = self.changed = time.time_ns()

    def forget_data(self, random, luck):
        """The data after a cut: each page and the length that were not waited for are kept by luck."""
        if not self.writers:
            return
        length = len(self.data) if random.random() < luck else len(self.kept_data)
        found = bytearray(self.kept_data[:length].ljust(length, b"\0"))
        for start in range(0, min(length, len(self.data)), PAGE):
            end = min(start + PAGE, length)
            if random.random() < luck:
                found[start:end] = self.data[start:end].ljust(end - start, b"\0")
        self.data, self.kept_data, self.writers = found, bytes(found), set()


class Change:
    """What one call has done to names: (folder, name, node or None) for each."""

    def __init__(self, owner, *names):
        self.owner, self.names = owner, names

    @property
    def places(self):
        return {(folder.number, name) for folder, name, _ in self.names}


class Disk:
    """Calls raise OSError. `owner` is who makes them."""

    def __init__(self, lies=()):
        self.root = Node(1, stat.S_IFDIR | 0o755)
        self.count, self.pending, self.lies, self.lied = 1, [], lies, 0

    # Names

    def find(self, path):
        node = self.root
        for name in path.strip("/").split("/"):
            if name:
                if not node.is_folder:
                    raise OSError(errno.ENOTDIR, path)
                if name not in node.names:
                    raise OSError(errno.ENOENT, path)
                node = node.names[name]
        return node

    def place(self, path):
        parent, name = os.path.split(path)
        folder = self.find(parent)
        if not folder.is_folder:
            raise OSError(errno.ENOTDIR, path)
        return folder, name

    def _change(self, owner, *names):
        change = Change(owner, *names)
        self._apply(change, "names")
        self.pending.append(change)
        for folder, _, _ in names:
            folder.touch()

    @staticmethod
    def _apply(change, which):
        for folder, name, node in change.names:
            if node is None:
                getattr(folder, which).pop(name, None)
            else:
                getattr(folder, which)[name] = node

    def make(self, owner, path, mode, uid=0, gid=0, target=""):
        folder, name = self.place(path)
        if name in folder.names:
            raise OSError(errno.EEXIST, path)
        self.count += 1
        node = Node(self.count, mode, uid, gid, target)
        self._change(owner, (folder, name, node))
        return node

    def remove(self, owner, path):
        folder, name = self.place(path)
        node = self.find(path)
        if node.is_folder and node.names:
            raise OSError(errno.ENOTEMPTY, path)
        self._change(owner, (folder, name, None))

    def rename(self, owner, old, new):
        node = self.find(old)
        (source, name), (folder, final) = self.place(old), self.place(new)
        there = folder.names.get(final)
        if there is node:
            return
        if there and there.is_folder != node.is_folder:
            raise OSError(errno.EISDIR if there.is_folder else errno.ENOTDIR, new)
        if there and there.names:
            raise OSError(errno.ENOTEMPTY, new)
        self._change(owner, (source, name, None), (folder, final, node))

    def link(self, owner, path, new):
        folder, name = self.place(new)
        if name in folder.names:
            raise OSError(errno.EEXIST, new)
        self._change(owner, (folder, name, self.find(path)))

    # Data

    def write(self, owner, node, data, offset):
        if len(node.data) < offset:
            node.data.extend(bytes(offset - len(node.data)))
        node.data[offset:offset + len(data)] = data
        node.writers.add(owner)
        node.touch()

    def truncate(self, owner, node, length):
        if length == len(node.data):
            return
        node.data = node.data[:length] + bytes(max(0, length - len(node.data)))
        node.writers.add(owner)
        node.touch()

    # What is kept

    def synchronize(self, node, name):
        """Waits for a file's data, or a folder's names; a lie is told for some."""
        if any(fnmatch.fnmatch(name, lie) for lie in self.lies):
            self.lied += 1
        elif node.is_folder:
            wanted = {(node.number, name) for change in self.pending for folder, name, _ in change.names if folder is node}
            for change in self._needed(lambda change: bool(change.places & wanted)):
                self._apply(change, "kept_names")
                self.pending.remove(change)
        else:
            node.kept_data, node.writers = bytes(node.data), set()

    def _needed(self, is_wanted):
        """Pending changes that are wanted, with those before them of the same names, in order."""
        found, places = [], set()
        for change in reversed(self.pending):
            if is_wanted(change) or change.places & places:
                found.append(change)
                places |= change.places
        return found[::-1]

    def cut(self, owners, random, luck):
        """Forgets what these owners have not waited for; None: what anybody has not."""
        def is_hit(owner):
            return owners is None or owner in owners

        lucky = {id(change) for change in self.pending if is_hit(change.owner) and random.random() < luck}
        for change in self._needed(lambda change: id(change) in lucky):
            self._apply(change, "kept_names")
            self.pending.remove(change)
        self.pending = [change for change in self.pending if not is_hit(change.owner)]
        nodes, seen = [self.root], set()
        while nodes:
            node = nodes.pop()
            if node.number in seen:
                continue
            seen.add(node.number)
            if any(is_hit(writer) for writer in node.writers):
                node.forget_data(random, luck)
            nodes += [*node.names.values(), *node.kept_names.values()]
            if node.is_folder:
                node.names = dict(node.kept_names)
        for change in self.pending:
            self._apply(change, "names")
