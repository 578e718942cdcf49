"""Inputs that nobody means well: whatever comes, kdance answers with success or an error for people.

``make fuzz`` runs 100,000 and more of them, ``make test`` a few of each. A failure prints the input; what it found
stands as a test of its own beside the part that it was found in.
"""
