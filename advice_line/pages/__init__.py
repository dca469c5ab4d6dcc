"""Door 1: people in a browser. Read `app` first; to add a page, copy `admin` and its template, and name it in `app`.

The frame, in reading order:
    door       what the door is given: engines, settings, the clock
    visitor    who is asking, from the cookie
    guard      who may use a route: every route declares it, or the product does not start
    csrf       what was posted, and that the form was ours
    screen     templates shown with what every page needs; the session of a request
    layout     the navigation, with its counts, and each role's first page
    forms      values or faults, in the shape that the NHS.UK components want
    errors     the page for everything that can go wrong
    headers    what the browser is told to forbid
    hints      "something changed", for pages that are being looked at
The pages: home, sign_in, account, admin, events.
"""
