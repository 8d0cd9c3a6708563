"""Running a comparison in a separate process."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def alone(options, function, *arguments):
    """Return `function(*arguments, options)`, run in a new process, which earlier comparisons can't affect."""
    if options.one_process:
        return function(*arguments, options)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        return executor.submit(function, *arguments, options).result()
