"""How good the instruments are: faults planted on purpose, what a run of cases sees of them, and audits of adapters."""
