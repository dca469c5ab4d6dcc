from __future__ import annotations
import random
from datetime import UTC, datetime, timedelta
from scheduler.planner.problem import Callback, Problem, Span, Therapist

MONDAY = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)  # 09:00 in London

def at(day, minutes): return MONDAY + timedelta(days=day, minutes=minutes)

def week(callbacks, therapists, seed=7, long_share=0.05):
    r = random.Random(seed)
    LANG = ["pl","ro","ur","bn"]; SKILL=["sensory","handwriting","seating","feeding","equipment"]
    people=[]
    for i in range(therapists):
        halves=[(d,h) for d in range(5) for h in range(3)]
        chosen=r.sample(halves, r.choice([1,2,2,3]))
        byday={}
        spans=[]
        for d,h in chosen:
            a,b=((0,180),(210,330),(300,480))[h]
            spans.append((d,a,b))
        spans.sort()
        sess=[]
        for d,a,b in spans:
            if sess and sess[-1][0]==d and a<sess[-1][2]: continue
            sess.append((d,a,b))
        people.append(Therapist(i+1, tuple(Span(at(d,a),at(d,b)) for d,a,b in sess), languages=frozenset(r.sample(LANG, r.choice([0,0,0,1]))), skills=frozenset(r.sample(SKILL,2))))
    calls=[]
    for i in range(callbacks):
        back=r.choice([0,0,1,1,2,3,4]) # working days ago
        recd=MONDAY+timedelta(days=-back if back==0 else -back-2, minutes=r.randrange(0,540)) if back else MONDAY-timedelta(hours=r.randrange(2,60))
        pr=r.choices([1,2,3],[8,20,72])[0]
        due_day={1:0,2:1,3:2}[pr]-(max(0,back-2))
        due=at(max(due_day, 0) if r.random()<.7 else min(due_day+2,4), 480)
        u=r.random()
        if u<.55: w=None
        else:
            a,b=((0,180),(375,480),(180,270))[0 if u<.7 else 1 if u<.88 else 2]
            days=range(5) if r.random()<.8 else sorted(r.sample(range(5),2))
            w=tuple(Span(at(d,a),at(d,b)) for d in days)
        long=r.random()<long_share
        calls.append(Callback(i+1, recd, due, pr, 40 if long else 25, w, r.choice(LANG) if r.random()<.1 else None, False, r.choice(SKILL) if r.random()<.6 else None, r.randrange(1,therapists+1) if r.random()<.25 else None))
    return Problem(MONDAY, tuple(calls), tuple(people), tuple(Span(at(d,0),at(d,480)) for d in range(5)))
