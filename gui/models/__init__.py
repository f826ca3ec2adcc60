"""What the views show: Qt models, folded from the events of a check."""
