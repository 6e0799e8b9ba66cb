// Package argocd checks argocd/ without a cluster: that what the root
// application makes is valid by Argo CD's own schemas, that every project allows
// what its applications need, and that every environment renders; with
// KUBECONFIG, that an API server takes all of it. Its tests carry the build tag
// argocd and need Helm: run them with `make argocd-test`.
package argocd
