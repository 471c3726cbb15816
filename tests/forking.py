"""Processes of `phototag` that need not load it: a server has loaded it and forks for each command.

Every command is a process of its own, with its own arguments, environment, folder and streams, and starts workers of
its own. Only the second that loading Python and the program takes is saved. Needs nothing beyond the standard library,
so that `main`, the program on the PATH of shells under test, starts at once.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path

ADDRESS = "PHOTOTAG_TEST_SERVER"
"""The environment variable that holds the socket's path."""
PRELOADED = (
    "numpy", "PIL.Image", "rich.console", "rich.table", "sqlalchemy", "sqlalchemy.dialects.sqlite",
    "phototag.app.answers", "phototag.app.index", "phototag.cli",
)  # fmt: skip


def start_server(folder: Path) -> "subprocess.Popen[bytes]":
    """A server that listens on `folder/socket`; it ends when it is terminated."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    listener.listen(64)
    code = f"from tests.forking import serve; serve({listener.fileno()})"
    with listener:
        return subprocess.Popen(
            [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, pass_fds=(listener.fileno(),)
        )


def request(arguments: list[bytes], streams: tuple[int, int, int]) -> int:
    """Run a command in this process's folder and environment on three file descriptors.

    Gives its exit code, or -9 where it was killed.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ[ADDRESS])
        words = [os.fsdecode(word) for word in arguments]
        text = json.dumps([words, os.getcwd(), dict(os.environ)]).encode()
        socket.send_fds(connection, [len(text).to_bytes(4, "big")], streams)
        connection.sendall(text)
        answer = b""
        while part := connection.recv(16):  # to the end of the process, which its answer is shortly before
            answer += part
    return int(answer) if answer else -signal.SIGKILL


def serve(descriptor: int) -> None:
    """Fork for every request until the process is terminated."""
    for module in PRELOADED:
        __import__(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children need not be waited for
    with socket.socket(fileno=descriptor) as listener:
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _become_phototag(connection)


def _become_phototag(connection: socket.socket) -> None:
    length, streams, _, _ = socket.recv_fds(connection, 4, 3)
    with connection.makefile("rb") as file:
        arguments, folder, environment = json.loads(file.read(int.from_bytes(length, "big")))
    for goal, stream in enumerate(streams):
        os.dup2(stream, goal)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["phototag", *arguments]
    import phototag.__main__ as program

    sys.modules["__main__"] = program  # what workers take for the program that was started
    code = 1
    try:
        program.main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        with suppress(OSError):
            sys.stdout.flush()
        connection.sendall(str(code).encode())
        os._exit(code)  # the libraries' own clean-up would wait for threads that no fork has


def main() -> None:
    """`phototag` on the PATH of a shell under test."""
    raise SystemExit(request([os.fsencode(word) for word in sys.argv[1:]], (0, 1, 2)))


if __name__ == "__main__":
    main()
