"""The report of an export."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportReport:
    """The path of an exported file, and how closely its outputs match those of the model.

    Attributes:
        filepath: path of the file.
        format: format of the file.
        part: the exported part: "autoencoder", "encoder", "decoder" or "detector".
        largest_difference: largest difference between its outputs and those of the model on random batches, or, after
            quantization, on the representative images; None if the file was not run.
        psnr: PSNR in dB of the images of a quantized file, compared with the representative images, or None.
        psnr_loss: loss of PSNR in dB compared with the model itself, or None.
    """

    filepath: str
    format: str
    part: str
    largest_difference: float | None = None
    psnr: float | None = None
    psnr_loss: float | None = None

    def __str__(self) -> str:
        sentences = [f"Saved the {self.part} at '{self.filepath}'."]
        if self.largest_difference is None:
            sentences.append("It was not verified.")
        elif self.psnr is not None and self.psnr_loss is not None:
            sentences.append(f"Its PSNR is {self.psnr:.2f} dB, a loss of {self.psnr_loss:.2f} dB due to quantization.")
        else:
            sentences.append(f"It differs from the model by at most {self.largest_difference:.1e}.")
        return " ".join(sentences)
