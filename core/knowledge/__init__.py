"""What Sendproof knows: causes, rules, providers, devices. All of it is data in `resources/knowledge`."""
