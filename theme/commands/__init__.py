"""The commands behind `inv`, each with an entry point `main(argv) -> int`."""
