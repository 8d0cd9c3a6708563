"""Selection of the CPU or GPU that a command uses."""

from keras_cae.cli.quiet_start import import_keras

CPU = "cpu"


def use_device(name: str | None) -> None:
    """Restrict TensorFlow to one device. Call this before TensorFlow initializes its devices.

    Args:
        name: "cpu", "gpu" for the first GPU, "gpu:1" for the second one; None for TensorFlow's default.

    Raises:
        ValueError: there is no such device, or TensorFlow has already initialized its devices.
    """
    if name is None:
        return
    import_keras()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    number = int(name.partition(":")[2] or 0)
    if name != CPU and number >= len(gpus):
        known = ", ".join([CPU, *(f"gpu:{number}" for number in range(len(gpus)))])
        raise ValueError(f"--device must be one of the devices of this machine ({known}), got {name}.")
    chosen = [] if name == CPU else [gpus[number]]
    try:
        tf.config.set_visible_devices(chosen, "GPU")
    except RuntimeError as error:
        raise ValueError(
            f"--device must be chosen before TensorFlow initializes its devices, got {name}. Start a new process."
        ) from error


def gpu_numbers() -> list[int]:
    """Return the indices of the GPUs that TensorFlow uses."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [gpus.index(gpu) for gpu in tf.config.get_visible_devices("GPU")]
