"""What a dancer has learnt by now, over sessions, and what to practise next."""
