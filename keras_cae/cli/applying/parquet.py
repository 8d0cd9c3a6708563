"""Import of pyarrow, an optional dependency."""

from typing import Any


def import_parquet() -> tuple[Any, Any]:
    """Return the modules `pyarrow` and `pyarrow.parquet`.

    Raises:
        ImportError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            'Parquet files need pyarrow, which is not installed: pip install "keras-cae[parquet]". Files that end in '
            ".csv or .npz contain the same data without it."
        ) from error
    return pyarrow, parquet
