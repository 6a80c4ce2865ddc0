// Package vaultcert keeps certificates of a stage in its key vault: those that Terrace's
// authority issues for a key of the vault, those that domains have of their own, and the
// other way round those of the vault that domains have.
//
// It owns which certificate of a vault is what, how far each is, and when it is renewed. It
// does not own who may have which names (package pki), what a domain shows (package domain),
// which vault a stage has (package vaultsync), nor how a vault is spoken to (package
// keyvault). A private key passes through it only between a domain and the vault, and is
// kept nowhere.
package vaultcert
