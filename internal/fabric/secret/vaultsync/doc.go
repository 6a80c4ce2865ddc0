// Package vaultsync keeps the secrets of a stage and those of a key vault the same: it
// writes what Terrace has into the vault, or takes in what the vault has.
//
// It owns which stage has which vault, how far each secret is, what belongs to Terrace in
// a vault, and what becomes of what others change there. It does not own the values, which
// it reads and writes as everybody else does (package secret), nor how a vault is spoken
// to (package keyvault), nor how names are written there (platform/secretref).
package vaultsync
