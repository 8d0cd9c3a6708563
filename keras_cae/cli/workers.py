"""Several processes of this machine that search together."""

import os
import socket
import subprocess
import sys
import time

from keras_cae.cli.messages import SUCCESS, warn
from keras_cae.cli.quiet_start import LOG_LEVEL, NO_LOG

CHIEF = "chief"
RESTARTS = 3
"""How often a worker that died is started again; it goes on with its trial."""
PROGRAM = ("-P", "-c", "from keras_cae.cli import main; main()")
"""Without the current folder among those that Python imports from: it may hold another keras_cae."""


def is_part() -> bool:
    """Whether this process is the chief or a worker of a search, as KerasTuner's variables say."""
    return "KERASTUNER_TUNER_ID" in os.environ


def search_together(arguments: list[str], workers: int, gpus: int) -> int:
    """Run the command in a chief, who leads the search, and in workers, who try models.

    Args:
        arguments: of the program.
        workers: how many.
        gpus: how many GPUs the machine has.

    Returns:
        The exit code of the chief, or that of a worker that died too often.
    """
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(_free_port())}
    chief = _start(arguments, {**address, "KERASTUNER_TUNER_ID": CHIEF, "CUDA_VISIBLE_DEVICES": "-1"})
    environments = [_environment(index, workers, gpus) | address for index in range(workers)]
    running = {index: _start(arguments, each) for index, each in enumerate(environments)}
    restarts = dict.fromkeys(running, 0)
    try:
        while chief.poll() is None:
            time.sleep(0.2)
            for index, worker in list(running.items()):
                code = worker.poll()
                if code in (None, SUCCESS):
                    continue
                restarts[index] += 1
                if restarts[index] > RESTARTS:
                    return code or 1
                warn(f"Worker {index} died (exit code {code}): it is started again.")
                running[index] = _start(arguments, environments[index])
        for worker in running.values():
            worker.wait()
        return chief.returncode
    finally:
        for process in (chief, *running.values()):
            if process.poll() is None:
                process.terminate()
                process.wait()


def _environment(index: int, workers: int, gpus: int) -> dict[str, str]:
    # The first one has the name that KerasTuner looks for when one process goes on with the search.
    name = {"KERASTUNER_TUNER_ID": f"tuner{index}"}
    if gpus:
        return {**name, "CUDA_VISIBLE_DEVICES": str(index % gpus)}
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    return {**name, "TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads}


def _start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    variables = {**os.environ, **environment}
    if variables.get(LOG_LEVEL) == NO_LOG:
        del variables[LOG_LEVEL]  # Every process is as quiet, which this one already is.
    return subprocess.Popen([sys.executable, *PROGRAM, *arguments], env=variables)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
