"""Distribution of a search over several processes on one machine."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

from keras_cae.cli.devices import CPU
from keras_cae.cli.exit_handling import BROKEN_PIPE, SUCCESS
from keras_cae.cli.live_line import LiveLine
from keras_cae.cli.messages import warn
from keras_cae.cli.quiet_start import LOG_LEVEL, NO_LOG
from keras_cae.hypermodels.tuner_files import CHIEF, environment, worker_name

RESTARTS = 3
"""The maximum number of restarts of a worker, which resumes its trial."""
SECONDS_TO_END = 10
"""The time after which terminated processes are killed."""
PROGRAM = ("-P", "-c", "from keras_cae.cli.tuning.workers import run_worker; run_worker()")
"""The arguments of Python. -P prevents imports from the current folder, which may contain another keras_cae."""


def run_worker() -> None:
    """Run the command in a process that ends when its parent process ends, even if the parent is killed."""
    from keras_cae.cli import main

    threading.Thread(target=_end_with_parent, daemon=True).start()
    main()


def _end_with_parent() -> None:
    """Wait for the end of stdin, a pipe that the parent keeps open without writing to it, then end this process."""
    # Not through `sys.stdin`, whose buffer would be locked by this thread when the interpreter shuts down.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def search_in_parallel(arguments: list[str], workers: int, gpus: Sequence[int], watch: Callable[[], None]) -> int:
    """Run the command in a chief process, which coordinates the search, and in workers, which run trials.

    All processes are terminated when this function returns or is stopped by a signal.

    Args:
        arguments: the arguments of the program.
        workers: the number of workers.
        gpus: indices of the GPUs that the workers share; if empty, they share the CPU cores.
        watch: function that is called periodically during the search.

    Returns:
        The exit code of the chief, or of a worker that has failed too often.
    """
    port = _free_port()
    environments = [environment(worker_name(index), port) | _share(index, workers, gpus) for index in range(workers)]
    device = "gpu" if gpus else CPU
    restarts = [0] * workers
    with Processes(arguments) as processes:
        chief = processes.start({**environment(CHIEF, port), "CUDA_VISIBLE_DEVICES": "-1"}, CPU)
        running = [processes.start(variables, device) for variables in environments]
        while chief.poll() is None:
            time.sleep(0.2)
            watch()
            for index, worker in enumerate(running):
                code = worker.poll()
                if code in (None, SUCCESS):
                    continue
                if code == BROKEN_PIPE or restarts[index] == RESTARTS:
                    return code
                restarts[index] += 1
                LiveLine().clear()
                warn(f"Worker {index} exited unexpectedly (exit code {code}): restarting it.")
                running[index] = processes.start(environments[index], device)
        LiveLine().clear()
        for worker in running:
            worker.wait()
        return chief.returncode


class Processes:
    """Context manager that starts processes of the program and terminates them on exit.

    Args:
        arguments: the arguments of the program.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, environment: dict[str, str], device: str) -> subprocess.Popen[bytes]:
        """Start a process.

        Args:
            environment: environment variables in addition to those of this process.
            device: the value of `--device`.
        """
        variables = {**os.environ, **environment}
        if variables.get(LOG_LEVEL) == NO_LOG:
            del variables[LOG_LEVEL]  # Each process sets the variable itself.
        command = [sys.executable, *PROGRAM, *self.arguments, "--device", device]
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


def _share(index: int, workers: int, gpus: Sequence[int]) -> dict[str, str]:
    """Return the environment variables that assign a GPU or some CPU cores to a worker."""
    if gpus:
        return {"CUDA_VISIBLE_DEVICES": str(gpus[index % len(gpus)])}
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    return {"CUDA_VISIBLE_DEVICES": "-1", "TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
