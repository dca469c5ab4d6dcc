"""4. Texting: which texts are owed to whom, which may go out now, and what a caller's text means to their enquiry.

Only a UK mobile is texted, whose caller agreed or wrote to us first; never one of whom a flag says that contact may do
harm (edge case E28), and never after STOP. The link to the caller's own page goes with a text, and by the same rules.
"""
