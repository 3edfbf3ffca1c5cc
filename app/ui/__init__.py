"""What the pages share: frame, states, wording of numbers, figures, and the one place that asks `core`."""
