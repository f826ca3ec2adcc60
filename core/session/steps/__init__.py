"""One module a part of the conversation; each stage is a coroutine that passes with a result or raises StageFailed."""
