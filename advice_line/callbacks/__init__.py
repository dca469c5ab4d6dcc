"""4. Callbacks: the promise to ring back, its slot, and the attempts that keep it."""
