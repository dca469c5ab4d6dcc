"""The practice exchange: a telephone exchange for practice that plays Twilio's side over HTTP.

It places signed calls to the product, follows the TwiML it is given, posts status events, keeps recordings, and answers
the part of Twilio's REST interface that the product uses. It is a process of its own and imports nothing of the house.

Read the files in this order: `config`, `call` and `handset` (a call and the person on it), `twiml` and `interpreter`
(what the product told us to do), `gather`, `record`, `dial` (the verbs with a story), `wire` (every request to the
product), `faults` (what goes wrong on purpose), `inbound` and `outbound` (how calls begin), `rest`, `practice` and
`page` (who may ask us for what), and `phone` (the client that drives it all).
"""
