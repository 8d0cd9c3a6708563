"""Import of pyarrow, an optional dependency."""

from typing import Any

from keras_cae.extras import install_hint


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
            "Parquet files need pyarrow, which is not installed. Files that end in .csv or .npz contain the same data "
            f"without it. {install_hint('parquet')}"
        ) from error
    return pyarrow, parquet
