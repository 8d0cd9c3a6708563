"""Several processes on this machine that search together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Self

from keras_cae.cli.endings import BROKEN_PIPE, SUCCESS
from keras_cae.cli.messages import warn
from keras_cae.cli.quiet_start import LOG_LEVEL, NO_LOG
from keras_cae.hypermodels.tuner_files import CHIEF, environment, worker_name

RESTARTS = 3
"""How often a worker that died is started again; it continues its trial."""
SECONDS_TO_END = 10
"""After which processes that were told to end are killed."""
PROGRAM = ("-P", "-c", "from keras_cae.cli.tuning.workers import run_worker; run_worker()")
"""Python does not import from the current folder, which may hold another keras_cae."""


def run_worker() -> None:
    """Run the command in a process that ends with the one that started it, even if that is killed."""
    from keras_cae.cli import main

    threading.Thread(target=_end_with_parent, daemon=True).start()
    main()


def _end_with_parent() -> None:
    """Wait for the end of the standard input, a pipe that the parent holds open and never writes to."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def search_together(arguments: list[str], workers: int, gpus: int) -> int:
    """Run the command in a chief, which leads the search, and in workers, which try models.

    All of them end when this function does, also when a signal stops it.

    Args:
        arguments: the arguments of the program.
        workers: the number of workers.
        gpus: the number of GPUs of this machine.

    Returns:
        The exit code of the chief, or that of a worker that died too often.
    """
    port = _free_port()
    environments = [environment(worker_name(index), port) | _share(index, workers, gpus) for index in range(workers)]
    restarts = [0] * workers
    with Processes(arguments) as processes:
        chief = processes.start({**environment(CHIEF, port), "CUDA_VISIBLE_DEVICES": "-1"})
        running = [processes.start(variables) for variables in environments]
        while chief.poll() is None:
            time.sleep(0.2)
            for index, worker in enumerate(running):
                code = worker.poll()
                if code in (None, SUCCESS):
                    continue
                if code == BROKEN_PIPE or restarts[index] == RESTARTS:
                    return code
                restarts[index] += 1
                warn(f"Worker {index} died (exit code {code}): it is started again.")
                running[index] = processes.start(environments[index])
        for worker in running:
            worker.wait()
        return chief.returncode


class Processes:
    """Processes that run the program, and that end with the block of this context manager.

    Args:
        arguments: the arguments of the program.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start a process.

        Args:
            environment: what its environment variables have beyond those of this process.
        """
        variables = {**os.environ, **environment}
        if variables.get(LOG_LEVEL) == NO_LOG:
            del variables[LOG_LEVEL]  # Each process sets it itself, as this one has done.
        command = [sys.executable, *PROGRAM, *self.arguments]
        process = subprocess.Popen(command, env=variables, stdin=subprocess.PIPE)
        self.started.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        alive = [process for process in self.started if process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + SECONDS_TO_END
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _share(index: int, workers: int, gpus: int) -> dict[str, str]:
    """Return a worker's part of the machine: a GPU, or some processor cores."""
    if gpus:
        return {"CUDA_VISIBLE_DEVICES": str(index % gpus)}
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    return {"TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
