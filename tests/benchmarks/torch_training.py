"""Eager training in PyTorch, with the same optimizer and loss as in stock Keras."""

import torch
from torch_networks import Sampling


def make_epoch(network, images, batch_size, memory_format):
    """Return a function that trains for one epoch on `images`, an array `(n, *spatial, channels)`."""
    network = network.to(memory_format=memory_format)
    images = torch.from_numpy(images).movedim(-1, 1).contiguous(memory_format=memory_format)
    penalized = [module for module in network.modules() if isinstance(module, Sampling)]
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)

    def epoch():
        losses = []
        for indices in torch.randperm(len(images)).split(batch_size):
            batch = images[indices].contiguous(memory_format=memory_format)
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(network(batch), batch)
            loss = loss + sum(module.penalty for module in penalized)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).mean()

    return epoch
