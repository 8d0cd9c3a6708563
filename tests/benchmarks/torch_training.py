"""Training in PyTorch, with the same optimizer and loss as in stock Keras."""

import torch
from torch_networks import Sampling


def make_epoch(network, images, batch_size, memory_format, compiled=False, half=False):
    """Return a function that trains for one epoch on `images`, an array `(n, *spatial, channels)`.

    With `compiled`, it uses `torch.compile` and a fused optimizer; with `half`, autocast to bfloat16.
    """
    network = network.to(memory_format=memory_format)
    forward = torch.compile(network) if compiled else network
    images = torch.from_numpy(images).movedim(-1, 1).contiguous(memory_format=memory_format)
    penalized = [module for module in network.modules() if isinstance(module, Sampling)]
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7, fused=compiled)

    def epoch():
        losses = []
        for indices in torch.randperm(len(images)).split(batch_size):
            batch = images[indices].contiguous(memory_format=memory_format)
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                loss = torch.nn.functional.mse_loss(forward(batch).float(), batch)
                loss = loss + sum(module.penalty for module in penalized)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).mean()

    return epoch
