"""Wording of messages."""


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 image" or "2,000 images".

    Args:
        count: the number.
        noun: the noun in the plural.
    """
    return f"{count:,} {noun.removesuffix('s') if count == 1 else noun}"
