"""The time to import the library and its models, in addition to TensorFlow and Keras.

Measured as the difference between the medians of imports with and without the library, and directly.
"""

import json
import statistics
import subprocess
import sys
from functools import partial

from rounds import interleaved
from tables import print_table

ROUNDS = 9
MODELS = ()
COLUMNS = ("package", "tensorflow, keras, s", "and keras_cae, s", "difference, s", "inside, s")
CODE = """
import json, time
marks = [time.perf_counter()]
import keras, tensorflow
marks.append(time.perf_counter())
{more}
marks.append(time.perf_counter())
print(json.dumps(marks))
"""


def measure(options):
    competitors = {more: partial(import_times, more) for more in ("", "import keras_cae; keras_cae.models")}
    interleaved(competitors, rounds=1)  # reads the files from disk
    alone, both = interleaved(competitors, options.rounds).values()
    base, total = (statistics.median(end - start for start, _, end in marks) for marks in (alone, both))
    inside = statistics.median(end - middle for _, middle, end in both)
    print_table(COLUMNS, [("keras_cae", base, total, total - base, inside)])


def import_times(more):
    """Return the times at which the imports started, TensorFlow and Keras were imported, and all imports ended."""
    command = [sys.executable, "-c", CODE.format(more=more)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)
