"""A finished session watched again beside its reference: in a window, as a film, as stills."""
