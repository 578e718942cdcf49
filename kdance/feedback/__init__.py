"""The coach: from measured facts to one sentence at a time. The only sub-package that may import openai."""
