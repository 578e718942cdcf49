"""Findings become sentences, here and nowhere else."""
