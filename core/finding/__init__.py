"""Finds out which way of sending works from this site: plans the ways, tries them at once, recommends one."""
