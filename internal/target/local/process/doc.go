// Package process starts and supervises operating-system processes: process
// groups, death with the daemon, probes, restarts with backoff.
//
// It owns how one process lives. It does not know services, containers, caches
// or databases; those say what to start and when it counts as ready.
package process
