"""Every benchmark, in one run: ratios against named rivals on the same machine."""

from benchmarks import planner, webhook

print("The voice webhook: signature, event committed, TwiML answered")
webhook.main()
print("\nThe planner: an everyday week")
planner.measure("60x8", 0.0)
