"""Settings sheets: what to type into which device, and what an administrator does for it beside."""
