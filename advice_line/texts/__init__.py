"""2. Texts: what callers write to a line, and the few neutral words that we send them; beside recordings."""
