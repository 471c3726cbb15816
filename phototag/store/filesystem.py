"""What kind of file system a folder lies on."""

import os
from pathlib import Path

# SQLite's WAL needs memory shared between processes, which these can't give to several machines.
_NETWORK = {
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.davfs", "fuse.glusterfs", "fuse.rclone",
    "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs",
    "webdav",
}  # fmt: skip
_MOUNTS = "/proc/self/mountinfo"


def is_network(folder: Path) -> bool:
    """Whether a folder lies on a network file system. Only Linux tells; False elsewhere."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as stream:  # noqa: PTH123
            mounts = [_mount(line) for line in stream]
    except (OSError, ValueError, IndexError):
        return False
    place = os.path.realpath(folder)
    # Later mounts hide earlier ones at the same place.
    holding = [(len(point), number, kind) for number, (point, kind) in enumerate(mounts) if _holds(point, place)]
    return max(holding, default=(0, 0, ""))[2] in _NETWORK


def _mount(line: str) -> tuple[str, str]:
    """The mount point and the type in one line of mountinfo; blanks in the path are written as octal numbers."""
    left, _, right = line.partition(" - ")
    point = left.split(" ")[4]
    for code in ("\\040", "\\011", "\\012"):
        point = point.replace(code, chr(int(code[1:], 8)))
    return point.replace("\\134", "\\"), right.split(" ")[0]


def _holds(point: str, place: str) -> bool:
    return point == "/" or place == point or place.startswith(point + "/")
