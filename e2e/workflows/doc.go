// Package workflows holds .github/ to the rules that actionlint does not know:
// what a job runs are make targets that exist, actions are pinned and listed,
// permissions are the least. It reads files only.
package workflows
