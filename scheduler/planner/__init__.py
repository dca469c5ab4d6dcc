"""The planner: who rings whom back, and when. Pure: a problem goes in, a plan with its reasons comes out.

Read `problem` (the question), `answer` and `words` (what comes out), `planning` and `draft` (how a plan is made), then
`diary`, `left` and `slots` (where a call may be), `costs` (what a place costs), `flow`, `options`, `wide`, `linear`,
`bound`, `dive` and `packing` (the solvers), and `reasons` and `obstacles` (why).
"""

from scheduler.planner.answer import Moved, Plan, Unplaced
from scheduler.planner.planning import plan
from scheduler.planner.problem import Assignment, AttemptPolicy, Callback, Problem, Span, Therapist
from scheduler.planner.words import Move, Obstacle, Reason

__all__ = [
    "Assignment",
    "AttemptPolicy",
    "Callback",
    "Move",
    "Moved",
    "Obstacle",
    "Plan",
    "Problem",
    "Reason",
    "Span",
    "Therapist",
    "Unplaced",
    "plan",
]
