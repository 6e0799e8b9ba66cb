// Package store reads a model repository on disk:
//
//	<repository>/<model>/<version>/   the artifact, and model.yaml and golden.json, or MLflow's MLmodel, where there are
//	<repository>/<model>/<artifact>   a model without versions (as for KServe) is version 1
//
// Versions are positive integers. Hidden entries, and files beside version
// directories, belong to others and are left alone. A relative symbolic link
// may point anywhere within the repository; one that leaves it is refused.
package store
