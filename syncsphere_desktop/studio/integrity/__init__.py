"""Whether every row has its whole file and every file its row, and what mends it where not.

Nothing here decides alone: findings are told, and each action looks again at the moment it acts.
"""
