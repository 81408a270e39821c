"""Which cases there are: drawn, of a covering, of corpora and of usual layers; and what they have."""
