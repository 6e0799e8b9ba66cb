// Package chaos breaks what the services stand on, while they serve: the other
// processes, the network between them, stores, disks, memory, clocks,
// certificates, clients. Each fault happens to the real binaries under a load
// whose every answer is compared with the training library's, and each ends
// with a look at what it left behind. `make chaos` runs it; it has to be root,
// for namespaces, control groups and small file systems.
package chaos
