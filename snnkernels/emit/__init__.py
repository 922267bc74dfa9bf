"""Graphs as source text: the same operations in the same order in every language."""
