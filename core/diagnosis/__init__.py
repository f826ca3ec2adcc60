"""From what was seen to what it means: cause, confidence, evidence, what is ruled out, and what to do."""
