"""Lead significance: what each input lead contributes to an estimate, and shares over many recordings."""
