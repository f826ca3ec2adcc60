"""From what was seen to what it means: cause, confidence, evidence, what is ruled out, and what to do."""

from core.diagnosis.diagnose import diagnose, notices

__all__ = ["diagnose", "notices"]
