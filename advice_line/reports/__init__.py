"""7. Reports: how many, how fast, how many settled by advice, how many became referrals, what is waiting.

Read only; every figure is worked out from the rows of the story at the moment it is asked for, with its denominator.
`period` says which London days; `volume` counts; `measures` are the defined measures; `waiting` is the state just now.
"""
