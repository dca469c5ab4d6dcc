"""Door 2, the telephone: what Twilio posts is kept, and callers are told what comes next. The only builder of TwiML.

Read in this order. `steps` are the addresses, `app` serves them, `door` answers every post in the same order of things.
`post` is what came, `signature` whether to believe it, `event` what is kept of it, `store` and `notice` how.
`voice` and `walk` lead a caller through a line's menu to a `mailbox`, where each `take` is recorded; `sounds` are
recorded prompts. `callback_call` leads a therapist to a caller, whom `attempts` knows. `queue` keeps callers company
who wait on a live line, and `live_call` leads a therapist on duty to them. All say `sentences` in `twiml`, which names
the `addresses` of further steps.
"""
