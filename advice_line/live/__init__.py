"""The live line: therapists go on duty, callers wait in a queue, and whoever is free is rung for the first of them.

`duty` says who answers when, `offer` is the ledger of our rings, `waiting` how things stand, `current` what the
telephone door keeps of it in memory. The queue itself is the network's: who waits longest is connected first.
"""
