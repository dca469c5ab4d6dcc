"""Properties that are tried through the database or a door, where an example takes as long as a test of its own."""

from hypothesis import HealthCheck, settings

# A share of the examples that a property of values is tried on (tests/conftest.py): 15 of the usual 40, which is what a
# run has the time for, and 75 of the 200 by which `make coverage` goes further.
THROUGH_THE_DATABASE = settings(
    max_examples=settings().max_examples * 3 // 8,
    # All examples share what the fixtures made: each takes back what it did, or does it to things of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
