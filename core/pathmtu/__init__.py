"""Path MTU: the largest packet that reaches a server whole, measured by ICMP echo that nobody may fragment.

`measure` runs it, `document` holds the result (schema `sendproof.mtu/1`), `reading` says what it means.
"""
