"""A danced take becomes one record: numbers and findings, without words."""
