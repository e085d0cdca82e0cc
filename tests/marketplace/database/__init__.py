"""The way to PostgreSQL: the pool, and what happens when the other side goes away."""
