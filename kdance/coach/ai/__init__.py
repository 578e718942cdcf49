"""The model that words the coach's findings: behind one name, and checked."""
