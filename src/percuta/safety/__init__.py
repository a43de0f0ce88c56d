"""Should this plan be carried out: screening, protocol, limits and wording, as findings with their reasons."""
