"""Files that compute what a model computes, without this library: how they are written, and how they are checked."""
