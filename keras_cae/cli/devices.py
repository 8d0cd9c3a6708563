"""The processor or the GPU that a command computes on."""

from keras_cae.cli.quiet_start import import_keras

CPU = "cpu"


def use_device(name: str | None) -> None:
    """Have TensorFlow compute on one device. To be called before it computes anything.

    Args:
        name: "cpu", "gpu" for the first GPU, "gpu:1" for the second one; None for what TensorFlow chooses.

    Raises:
        ValueError: there is no such device, or TensorFlow uses others already.
    """
    if name is None:
        return
    import_keras()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    number = int(name.partition(":")[2] or 0)
    if name != CPU and number >= len(gpus):
        known = ", ".join([CPU, *(f"gpu:{number}" for number in range(len(gpus)))])
        raise ValueError(f"--device {name} names no device of this machine, which has: {known}.")
    chosen = [] if name == CPU else [gpus[number]]
    try:
        tf.config.set_visible_devices(chosen, "GPU")
    except RuntimeError as error:
        raise ValueError(f"--device {name} comes too late: TensorFlow has begun to use other devices.") from error


def gpu_numbers() -> list[int]:
    """The numbers of the GPUs that TensorFlow uses, counted from 0."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [gpus.index(gpu) for gpu in tf.config.get_visible_devices("GPU")]
