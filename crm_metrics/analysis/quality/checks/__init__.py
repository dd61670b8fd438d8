"""The checks, one module for each dimension: a module put here is found by itself."""
