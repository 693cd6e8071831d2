"""Text to vectors: the encoder, its forward pass, and what both stand on."""
