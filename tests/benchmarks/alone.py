"""Running a comparison in a process of its own."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def alone(options, function, *arguments):
    """What `function(*arguments, options)` returns in a new process, to which nothing has happened before."""
    if options.one_process:
        return function(*arguments, options)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(function, *arguments, options).result()
