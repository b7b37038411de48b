"""What it costs, as ratios: ours beside the barest program that does the same, in one run on one machine."""
