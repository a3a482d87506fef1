"""The forms step: the other school forms beside the compulsory school."""
