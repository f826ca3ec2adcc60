"""What Sendproof knows: causes, rules, providers, devices. All of it is data in `resources/knowledge`."""

from core.knowledge.devices import device_limits
from core.knowledge.load import Knowledge, KnowledgeError, load_knowledge
from core.knowledge.match import Verdict, match
from core.knowledge.providers import presets, provider_of, provider_of_mx, recommended_submission

__all__ = [
    "Knowledge",
    "KnowledgeError",
    "Verdict",
    "device_limits",
    "load_knowledge",
    "match",
    "presets",
    "provider_of",
    "provider_of_mx",
    "recommended_submission",
]
