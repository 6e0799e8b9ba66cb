// Package architecture holds the repository to its import rules: its test
// lists what each package may import of this project and of third parties.
// ARCHITECTURE.md explains the rules; change both together.
package architecture
