"""The report of an export."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportReport:
    """Where an exported file is, and how closely it computes what the model computes.

    Attributes:
        filepath: path of the file.
        format: format of the file.
        part: what it computes: "autoencoder", "encoder", "decoder" or "detector".
        largest_difference: largest difference between its outputs and those of the model on random batches, or, after
            quantization, on the representative images; None if the file was not run.
        psnr: PSNR of a quantized file's images compared with the representative images, in dB; else None.
        psnr_loss: loss of PSNR compared with the model's own, in dB; else None.
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
            sentences.append("It has not been run.")
        elif self.psnr is not None and self.psnr_loss is not None:
            sentences.append(f"Its PSNR is {self.psnr:.2f} dB, a loss of {self.psnr_loss:.2f} dB by quantization.")
        else:
            sentences.append(f"It differs from the model by at most {self.largest_difference:.1e}.")
        return " ".join(sentences)
