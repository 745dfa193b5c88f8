"""A daemon that serves HSMs to JVMs that Python did not start; docs/protocol.md describes what it speaks."""
