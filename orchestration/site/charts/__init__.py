"""Pictures of the pages as inline SVG: each with a title, a description and the same figures in words or a table beside it.

Belongs here: marks, scales, one module per kind of picture. Does not: figures that are not handed in, colours (the style).
Horizontal places are per cent, so that text keeps its size and nothing is cut on a narrow screen.
"""
