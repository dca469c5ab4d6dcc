"""The door for programs: JSON under /api/v1, bearer tokens, problem details, the same rules as for people."""
