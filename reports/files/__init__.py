"""What is written to disk of a run, beside the page: its folder, scripts that show a mismatch, junit.xml."""
