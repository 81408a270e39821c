"""What a wrong result is as if: notation, wrong terms, known faults and arithmetics that give it."""
