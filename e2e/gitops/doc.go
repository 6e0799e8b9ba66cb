// Package gitops proves argocd/ on a real cluster with a real Argo CD: from the
// root application on, only Git is pushed to, while every answer of the
// services is checked. Its tests carry the build tag gitops; ../README.md says
// what they show and need.
package gitops
