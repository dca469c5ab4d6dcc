"""Every benchmark, in one run: ratios against named rivals on the same machine, and a storm of calls. Fails on loss."""

from benchmarks import planner, storm, webhook

print("The voice webhook: signature, event committed, TwiML answered")
webhook.main()
print("\nThe planner: made-up weeks, small and large")
planner.main(list(planner.CASES))
print("\nThe storm: 200 calls through the whole flow, then the same while processes are killed")
storm.main()
