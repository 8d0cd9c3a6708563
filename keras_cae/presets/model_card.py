"""The README.md of a preset, in the format of Hugging Face model cards."""

from typing import Any

CARD = """---
library_name: keras
tags:
- keras-cae
- autoencoder
---

# {name}

{description}

```python
import keras_cae

model = keras_cae.models.{class_name}.from_preset("{name}")
```

| | |
| --- | --- |
| class | `keras_cae.models.{class_name}` |
| images | `{shape}`{dtype} |
| parameters | {parameters:,} |
| made with | keras_cae {keras_cae}, Keras {keras}, TensorFlow {tensorflow} |
"""


def model_card(name: str, config: dict[str, Any], metadata: dict[str, Any]) -> str:
    """Return the text of a model card.

    Args:
        name: name of the preset.
        config: content of `config.json`.
        metadata: content of `metadata.json`.
    """
    shape = tuple(config["build_config"]["input_shape"])
    dtype = config["images"]["dtype"]
    text = CARD.format(
        name=name,
        description=config["description"] or f"A convolutional autoencoder, `{config['class_name']}`.",
        class_name=config["class_name"],
        shape=shape,
        dtype=f", trained on {dtype}" if dtype else "",
        parameters=metadata["parameters"],
        **config["versions"],
    )
    if not config["module"].startswith("keras_cae."):
        text = text.replace("keras_cae.models.", f"{config['module']}.")
    return text
