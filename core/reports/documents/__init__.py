"""Documents for people, made from one run or from two: ticket notes, client summary, escalation, case study, report."""
