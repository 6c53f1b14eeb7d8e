"""What the paper does not have: heads (H), layers (L), rules and schedules (G); and their index form."""
